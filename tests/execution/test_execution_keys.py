"""The key of a program in the ledger: all that its outcome depends on, and nothing else."""

import os
import platform
from collections.abc import Callable

import pytest

from codepref.execution import environment, walls
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.pool import job_key

GOOD = "def add(a, b):\n    return a + b\n"

MakeJob = Callable[..., Job]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "def add(a, b):\n    return b + a\n"},
        {"tests": ["assert add(1, 2) == 3"]},
        {"setup": "import math"},
        {"mode": "script"},
        {"mode": "call"},
        {"mode": "stdio"},
        {"entry_point": "plus"},
        {"self_written": True},
        {"inputs": [b"1"]},
        {"inputs": [b"1", b""]},
        {"whole": True},
    ],
)
def test_each_part_of_a_job_is_in_its_key(
    changes: dict[str, object], make_job: MakeJob, config: ExecutionConfig
) -> None:
    code = str(changes.pop("code", GOOD))
    changed = job_key(make_job(code, **changes), config, "bubblewrap")
    assert changed != job_key(make_job(GOOD), config, "bubblewrap")


def test_inputs_that_run_together_are_other_inputs(
    make_job: MakeJob, config: ExecutionConfig
) -> None:
    jobs = [make_job(GOOD, inputs=inputs) for inputs in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"])]
    assert len({job_key(job, config, "bubblewrap") for job in jobs}) == 3


@pytest.mark.parametrize(
    "changes",
    [{"cpu_limit_s": 2}, {"memory_limit_mib": 300}, {"output_limit_kib": 7}, {"repeats": 3}],
)
def test_each_limit_is_in_the_key(
    changes: dict[str, int], make_job: MakeJob, config: ExecutionConfig
) -> None:
    key = job_key(make_job(GOOD), config, "bubblewrap")
    assert job_key(make_job(GOOD), config.model_copy(update=changes), "bubblewrap") != key


def test_the_number_of_threads_allowed_is_in_the_key_of_landlock(
    make_job: MakeJob, config: ExecutionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = set()
    for user in (0, 1000):
        monkeypatch.setattr(os, "geteuid", lambda: user)  # noqa: B023 - used at once
        environment.environment_digest.cache_clear()
        keys.add(job_key(make_job(GOOD), config, "landlock"))
    environment.environment_digest.cache_clear()
    assert len(keys) == 2


@pytest.mark.parametrize("changes", [{"workers": 7}, {"pool": "ray"}])
def test_where_a_job_runs_is_not_in_its_key(
    changes: dict[str, object], make_job: MakeJob, config: ExecutionConfig
) -> None:
    key = job_key(make_job(GOOD), config, "bubblewrap")
    other = config.model_copy(update=changes)
    assert job_key(make_job(GOOD, job_id="other"), other, "bubblewrap") == key


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (platform, "python_version", lambda: "3.99.0"),
        (environment, "harness_sources", lambda: ["another harness"]),
        (environment, "DRIVER_MODULES", ()),
        (walls, "SCRATCH_BYTES", 1),
        (walls, "PROCESSES", 7),
        (walls, "FLAGS", ("-S",)),
        (walls, "ENVIRONMENT", {"TZ": "CET"}),
        (walls, "zygote_filter", lambda: b"another filter"),
        (walls, "program_filter", lambda: b"another filter"),
    ],
)
def test_each_part_of_the_environment_is_in_the_key(
    owner: object,
    name: str,
    value: object,
    make_job: MakeJob,
    config: ExecutionConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = job_key(make_job(GOOD), config, "bubblewrap")
    monkeypatch.setattr(owner, name, value)
    environment.environment_digest.cache_clear()
    changed = job_key(make_job(GOOD), config, "bubblewrap")
    environment.environment_digest.cache_clear()
    assert changed != before
    others = {job_key(make_job(GOOD), config, name) for name in ("landlock", "none")}  # type: ignore[arg-type]
    assert len(others | {before, changed}) == 4
