"""Programs in a real sandbox; where none works the tests that need one are skipped, loudly."""

import sys
from collections.abc import Callable

import pytest

from codepref.errors import MissingError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.probes import prove_walls
from codepref.execution.walls import Walls, build_walls


@pytest.fixture(scope="session")
def config() -> ExecutionConfig:
    return ExecutionConfig(
        isolation="bubblewrap",
        workers=2,
        cpu_limit_s=1,
        memory_limit_mib=256,
        output_limit_kib=1024,
        repeats=1,
    )


@pytest.fixture(scope="session")
def walls(config: ExecutionConfig) -> Walls:
    """Bubblewrap, proved to hold."""
    try:
        built = build_walls("bubblewrap")
        prove_walls(built, config)
    except MissingError as error:
        sys.__stderr__.write(f"\nNO ISOLATION HERE, the sandbox is not tested: {error}\n")  # type: ignore[union-attr]
        pytest.skip(f"no isolation works here: {error}")
    return built


@pytest.fixture
def make_job() -> Callable[..., Job]:
    """Jobs that test a function add, unless told otherwise."""

    def make(code: str, **changes: object) -> Job:
        values: dict[str, object] = {
            "job_id": "1",
            "mode": "script",
            "code": code,
            "setup": "",
            "tests": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
            "self_written": False,
            "entry_point": "add",
            "inputs": [],
        }
        return Job.model_validate({**values, **changes})

    return make
