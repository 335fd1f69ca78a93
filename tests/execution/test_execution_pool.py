"""The pool: nothing twice, nothing lost, labels that hold."""

import platform
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codepref.errors import DataError, SandboxError
from codepref.execution import environment, pool, walls
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job
from codepref.execution.runner import Ended, run_once
from codepref.execution.walls import Walls
from codepref.ledger import Ledger

GOOD = "def add(a, b):\n    return a + b\n"

MakeJob = Callable[..., Job]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "executions.sqlite")
    yield made
    made.close()


class Runner:
    """Counts runs, and fails the first ones if told to."""

    def __init__(self, failures: int = 0) -> None:
        self.runs = 0
        self.failures = failures

    def __call__(
        self, job: Job, config: ExecutionConfig, walls: Walls, slot: int, *, stub: bool
    ) -> Ended:
        self.runs += 1
        if self.runs <= self.failures:
            raise SandboxError("the machine is tired")
        return run_once(job, config, walls, slot, stub=stub)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, walls: Walls) -> Runner:  # noqa: ARG001
    counting = Runner()
    monkeypatch.setattr(pool, "run_once", counting)
    return counting


def test_a_known_program_is_not_run_again(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    first = pool.run_jobs([make_job(GOOD)], config, ledger)
    again = pool.run_jobs([make_job(GOOD, job_id="2")], config, ledger)
    assert runner.runs == 1
    assert again["2"] == first["1"]


def test_equal_programs_of_one_call_run_once(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    jobs = [make_job(GOOD, job_id=str(number)) for number in range(5)]
    assert len(pool.run_jobs(jobs, config, ledger)) == 5
    assert runner.runs == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "def add(a, b):\n    return b + a\n"},
        {"tests": ["assert add(1, 2) == 3"]},
        {"setup": "import math"},
        {"mode": "check"},
        {"entry_point": "plus"},
        {"self_written": True},
        {"inputs": ["[1]"]},
    ],
)
def test_each_part_of_a_job_is_in_its_key(
    changes: dict[str, object], make_job: MakeJob, config: ExecutionConfig
) -> None:
    code = str(changes.pop("code", GOOD))
    changed = pool.job_key(make_job(code, **changes), config, "bubblewrap")
    assert changed != pool.job_key(make_job(GOOD), config, "bubblewrap")


@pytest.mark.parametrize(
    "changes",
    [
        {"cpu_limit_s": 2},
        {"memory_limit_mib": 300},
        {"output_limit_kib": 7},
        {"repeats": 3},
    ],
)
def test_each_limit_is_in_the_key(
    changes: dict[str, int], make_job: MakeJob, config: ExecutionConfig
) -> None:
    key = pool.job_key(make_job(GOOD), config, "bubblewrap")
    assert pool.job_key(make_job(GOOD), config.model_copy(update=changes), "bubblewrap") != key


def test_number_of_workers_is_not_in_the_key(make_job: MakeJob, config: ExecutionConfig) -> None:
    key = pool.job_key(make_job(GOOD), config, "bubblewrap")
    other = config.model_copy(update={"workers": 7})
    assert pool.job_key(make_job(GOOD), other, "bubblewrap") == key


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (platform, "python_version", lambda: "3.99.0"),
        (environment, "harness_sources", lambda: ["another harness"]),
        (walls, "SCRATCH_BYTES", 1),
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
    before = pool.job_key(make_job(GOOD), config, "bubblewrap")
    monkeypatch.setattr(owner, name, value)
    environment.environment_digest.cache_clear()
    changed = pool.job_key(make_job(GOOD), config, "bubblewrap")
    environment.environment_digest.cache_clear()
    assert changed != before
    assert pool.job_key(make_job(GOOD), config, "none") not in (before, changed)


def test_a_harness_failure_is_retried_once(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    runner.failures = 1
    assert pool.run_jobs([make_job(GOOD)], config, ledger)["1"].verdict == "passed"


def test_a_lasting_harness_failure_is_no_verdict_and_is_not_kept(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    runner.failures = 2
    assert pool.run_jobs([make_job(GOOD)], config, ledger)["1"].verdict == "infra_error"
    assert pool.run_jobs([make_job(GOOD)], config, ledger)["1"].verdict == "passed"


@pytest.mark.parametrize(
    ("code", "verdict", "runs"),
    [
        (GOOD, "passed", 2),
        ("def add(a, b):\n    return 0\n", "failed", 2),
        ("def add(", "syntax_error", 1),
    ],
)
def test_what_may_become_a_label_runs_twice(  # noqa: PLR0913 - fixtures
    code: str,
    verdict: str,
    runs: int,
    runner: Runner,
    make_job: MakeJob,
    config: ExecutionConfig,
    ledger: Ledger,
) -> None:
    twice = config.model_copy(update={"repeats": 2})
    assert pool.run_jobs([make_job(code)], twice, ledger)["1"].verdict == verdict
    assert runner.runs == runs


def test_a_program_that_depends_on_chance_is_flaky(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    code = "import os\nBITS = os.urandom(8)\ndef add(a, b):\n    return BITS\n"
    job = make_job(code, mode="call", tests=[], inputs=["[1, 2]"])
    outcome = pool.run_jobs([job], config.model_copy(update={"repeats": 2}), ledger)["1"]
    assert (outcome.verdict, outcome.values) == ("flaky", [])
    assert runner.runs == 2


def test_random_numbers_and_hashes_are_the_same_in_every_run(
    runner: Runner, make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    code = (
        "import random\ndef add(a, b):\n    return [random.random(), hash('a'), list({'x', 'y'})]\n"
    )
    job = make_job(code, mode="call", tests=[], inputs=["[1, 2]"])
    outcome = pool.run_jobs([job], config.model_copy(update={"repeats": 3}), ledger)["1"]
    assert outcome.verdict == "passed"
    assert runner.runs == 3


@pytest.mark.parametrize(
    ("tests", "verdict", "counts"),
    [
        ("assert add(1, 2) == 3", "passed", (1, 1)),
        ("assert add(1, 2) == 3\nassert add(1, 1) == 3", "failed", (1, 2)),
        ("def test_add():\n    assert add(1, 2) == 3", "passed", (1, 1)),
        ("def check():\n    assert add(1, 2) == 3\ncheck()", "passed", (1, 1)),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_a(self):\n        self.assertEqual(add(1, 2), 3)\n"
            "    def test_b(self):\n        self.assertTrue(add(1, 2) == 4)\n"
            "if __name__ == '__main__':\n    unittest.main()\n",
            "failed",
            (1, 2),
        ),
        ("assert add(1, 2) == 3\nassert add(1,", "passed", (1, 1)),
        ("print(add(1, 2))", "no_tests", (0, 0)),
        ("", "no_tests", (0, 0)),
        ("assert True", "no_tests", (1, 1)),
        ("assert add is not None", "no_tests", (1, 1)),
        ("assert undefined(1) == 2", "error", (0, 1)),
    ],
)
def test_self_written_tests_count_if_they_test_something(  # noqa: PLR0913 - fixtures
    tests: str,
    verdict: str,
    counts: tuple[int, int],
    walls: Walls,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    ledger: Ledger,
) -> None:
    job = make_job(GOOD, tests=[tests], self_written=True)
    outcome = pool.run_jobs([job], config, ledger)["1"]
    assert (outcome.verdict, (outcome.tests_passed, outcome.tests_total)) == (verdict, counts)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (GOOD, "passed"),
        ("def add(a, b):\n    return 0\n", "failed"),
        ("def plus(a, b):\n    return a + b\n", "error"),
        ("def add(a, b):\n    raise SystemExit\n", "early_exit"),
    ],
)
def test_check_passes_only_if_it_returns(
    code: str,
    verdict: str,
    walls: Walls,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    ledger: Ledger,
) -> None:
    text = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
    job = make_job(code, mode="check", tests=[text])
    assert pool.run_jobs([job], config, ledger)["1"].verdict == verdict


def test_calls_get_fresh_arguments_and_all_are_made(
    walls: Walls,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    ledger: Ledger,
) -> None:
    code = "def add(x):\n    x.append(len(x) // (2 - len(x)))\n    return x\n"
    job = make_job(code, mode="call", tests=[], inputs=["[[]]", "[[1, 2]]", "[[]]"])
    outcome = pool.run_jobs([job], config, ledger)["1"]
    assert outcome.values == ["[0]", '{"raised":"ZeroDivisionError"}', "[0]"]
    assert (outcome.verdict, outcome.tests_passed, outcome.tests_total) == ("passed", 2, 3)


def test_an_input_that_is_no_data_is_an_error_not_a_verdict(
    walls: Walls,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    ledger: Ledger,
) -> None:
    job = make_job(GOOD, mode="call", tests=[], inputs=['{"opaque": "Widget"}'])
    with pytest.raises(DataError, match=r"job 1: input .* no list of arguments"):
        pool.run_jobs([job], config, ledger)


def test_two_jobs_with_one_id_are_refused(
    make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    with pytest.raises(ValueError, match="2 jobs have 1 different ids"):
        pool.run_jobs([make_job(GOOD), make_job("x")], config, ledger)


def test_a_torn_ledger_entry_is_named(
    make_job: MakeJob, config: ExecutionConfig, ledger: Ledger
) -> None:
    ledger.put(pool.job_key(make_job(GOOD), config, "bubblewrap"), {"verdict": "perfect"})
    with pytest.raises(DataError, match=r"executions\.sqlite: entry"):
        pool.run_jobs([make_job(GOOD)], config, ledger)


def test_labels_depend_neither_on_workers_nor_on_order(
    walls: Walls,  # noqa: ARG001
    make_job: MakeJob,
    config: ExecutionConfig,
    tmp_path: Path,
) -> None:
    codes = [GOOD, "def add(a, b):\n    return 0\n", "while True: pass", "import os; os._exit(0)"]
    jobs = [make_job(code, job_id=str(number)) for number, code in enumerate(codes * 2)]
    results = []
    for workers, order in ((1, jobs), (3, jobs[::-1])):
        ledger = Ledger(tmp_path / f"{workers}.sqlite")
        results.append(pool.run_jobs(order, config.model_copy(update={"workers": workers}), ledger))
        ledger.close()
    assert results[0] == results[1]
