"""Hostile programs, all run once in the real sandbox; the host is looked at from outside."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.execution import runner
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import run_jobs
from codepref.execution.walls import Walls
from codepref.ledger import Ledger
from tests.execution.hostile import PROGRAMS

MARK = f"mark{os.getpid()}"


class Host:
    """What the programs must not reach."""

    def __init__(self, folder: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0)
        self.folder = folder
        self.secret = folder / "secret"
        self.secret.write_text("canary")

    def fill(self, code: str) -> str:
        port = str(self.listener.getsockname()[1])
        return (
            code.replace("PORT", port).replace("MARK", MARK).replace("'SECRET", f"'{self.secret}")
        )

    def visitors(self) -> int:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return 0
        return 1


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    made = Host(tmp_path_factory.mktemp("host"))
    yield made
    made.listener.close()


@pytest.fixture(scope="module")
def outcomes(
    host: Host,
    config: ExecutionConfig,
    walls: Walls,  # noqa: ARG001 - skips where there is no isolation
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Outcome]:
    jobs = [
        Job(
            job_id=name,
            mode="script",
            code=host.fill(code),
            setup="",
            tests=["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
            self_written=False,
            entry_point="add",
            inputs=[],
        )
        for name, (code, _) in PROGRAMS.items()
    ]
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "executions.sqlite")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "MIN_WALL_S", 2.0)
        patch.setattr(runner, "WALL_FACTOR", 3)
        patch.setenv("SECRET_TOKEN", "canary")
        results = run_jobs(jobs, config, ledger)
    ledger.close()
    return results


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gets_the_verdict_it_deserves(name: str, outcomes: dict[str, Outcome]) -> None:
    expected = PROGRAMS[name][1].split()
    assert outcomes[name].verdict in expected, outcomes[name]


def test_no_program_reached_the_host(host: Host, outcomes: dict[str, Outcome]) -> None:
    assert len(outcomes) == len(PROGRAMS)
    assert host.visitors() == 0
    assert [path.name for path in host.folder.iterdir()] == ["secret"]
    assert host.secret.read_text() == "canary"


def test_no_program_outlived_its_run(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["daemon"].verdict == "passed"
    deadline = time.monotonic() + 5
    while _alive() and time.monotonic() < deadline:
        time.sleep(0.05)  # the kernel takes a moment to clear a process namespace
    assert _alive() == []


def test_texts_tell_what_happened_without_addresses(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["wrong"].failure == "assert add(1, 2) == 3: AssertionError"
    assert outcomes["segfault"].failure == "the process was killed by signal 11"
    assert "ZeroDivisionError" not in outcomes["wrong"].stderr_tail


def test_partial_credit_counts_every_test(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["half_right"]
    assert (outcome.tests_passed, outcome.tests_total) == (1, 2)


def _alive() -> list[str]:
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            found += [str(comm)] if comm.read_text().strip() == MARK else []
        except OSError:
            continue
    return found


def test_fixtures_can_see_a_survivor(make_job: Callable[..., Job]) -> None:
    assert make_job("").tests
    Path("/proc/self/comm").write_text(MARK)
    assert _alive() != []
    Path("/proc/self/comm").write_text("pytest")
