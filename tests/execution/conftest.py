"""Programs in a real sandbox; where none works the tests that need one are skipped, loudly."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import LocalPool, run_jobs
from codepref.execution.probes import proved_walls
from codepref.execution.walls import Walls
from codepref.execution.zygote import Zygote
from codepref.ledger import Ledger
from tests.execution.counting import Counter


@pytest.fixture(scope="session")
def config() -> ExecutionConfig:
    return ExecutionConfig(
        isolation="auto",
        pool="local",
        workers=2,
        cpu_limit_s=1,
        memory_limit_mib=256,
        output_limit_kib=1024,
        repeats=1,
    )


@pytest.fixture(scope="session")
def walls() -> Walls:
    """The first walls that hold here."""
    try:
        return proved_walls("auto")
    except MissingError as error:
        sys.__stderr__.write(f"\nNO ISOLATION HERE, the sandbox is not tested: {error}\n")  # type: ignore[union-attr]
        pytest.skip(f"no isolation works here: {error}")


@pytest.fixture(scope="session")
def pool(walls: Walls, config: ExecutionConfig) -> Iterator[LocalPool]:
    with LocalPool(walls, config.workers) as made:
        yield made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "executions.sqlite")
    yield made
    made.close()


@pytest.fixture
def run(pool: LocalPool, config: ExecutionConfig, ledger: Ledger) -> Callable[..., Outcome]:
    """Runs one job, with other limits where they are named."""

    def run_one(job: Job, **changes: object) -> Outcome:
        limits = config.model_copy(update=changes)
        ((_, outcome),) = run_jobs([job], limits, pool, ledger)
        return outcome

    return run_one


@pytest.fixture
def make_job() -> Callable[..., Job]:
    """Jobs that test a function add, unless told otherwise."""

    def make(code: str, **changes: object) -> Job:
        values: dict[str, object] = {
            "job_id": "1",
            "mode": "split",
            "code": code,
            "setup": "",
            "tests": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
            "self_written": False,
            "entry_point": "add",
            "inputs": [],
            "whole": False,
        }
        return Job.model_validate({**values, **changes})

    return make


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter()
    monkeypatch.setattr(Zygote, "run", lambda *given, **named: counter(*given, **named))
    return counter
