"""How often a program is run, where, and when its runs make a label."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from codepref.execution.jobs import Job, Outcome
from codepref.execution.values import pack
from tests.execution.counting import Counter

GOOD = "def add(a, b):\n    return a + b\n"
BAD = "def add(a, b):\n    return 0\n"

MakeJob = Callable[..., Job]
RunJob = Callable[..., Outcome]


def test_a_harness_failure_is_retried_once_in_the_other_zygote(
    runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    runs.failures = {1}
    assert run(make_job(GOOD)).verdict == "passed"
    assert runs.slots[0] != runs.slots[1]


def test_a_lasting_harness_failure_is_no_verdict_and_is_not_kept(
    runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    runs.failures = {1, 2}
    first = run(make_job(GOOD))
    assert (first.verdict, first.failure) == ("infra_error", "the machine is tired")
    assert run(make_job(GOOD)).verdict == "passed"


@pytest.mark.parametrize(
    ("mode", "failing"),
    [("split", {2, 3}), ("script", {2, 3}), ("script", {3, 4}), ("script", {4, 5})],
    ids=["second run", "run with a canary", "first stub", "second stub"],
)
def test_a_harness_failure_in_a_later_run_is_no_verdict_either(
    mode: str, failing: set[int], runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    runs.failures = failing
    tests = ["assert add(1, 2) == 3"]
    job = make_job(GOOD, mode=mode, tests=tests, self_written=mode == "script")
    assert run(job, repeats=2).verdict == "infra_error"
    assert run(job, repeats=2).verdict == "passed"


def test_a_run_after_a_failed_one_is_in_the_other_zygote(
    runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    runs.failures = {1}
    assert run(make_job(GOOD), repeats=2).verdict == "passed"
    assert runs.slots[1] != runs.slots[2]


@pytest.mark.parametrize(
    ("code", "verdict", "n_runs"),
    [
        (GOOD, "passed", 2),
        (BAD, "failed", 3),  # the third beside its tests
        ("def add(a, b):\n    raise ValueError\n", "error", 3),
        ("import os\nos.abort()\n", "crashed", 2),
        ("def add(", "syntax_error", 1),
        ("while True:\n    pass\n", "timeout", 1),
    ],
)
def test_what_may_become_a_label_runs_twice_in_two_zygotes(
    code: str, verdict: str, n_runs: int, runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    assert run(make_job(code), repeats=2).verdict == verdict
    assert len(runs.slots) == n_runs
    assert all(one != other for one, other in pairwise(runs.slots))


@pytest.mark.parametrize(
    "value",
    [
        "os.urandom(8)",
        "random.SystemRandom().random()",
        "time.time_ns()",
        "id(object())",
        "uuid4()",
    ],
)
def test_a_program_that_depends_on_chance_is_flaky(
    value: str, make_job: MakeJob, run: RunJob
) -> None:
    code = (
        "import os, random, time\nfrom uuid import uuid4 as make\n"
        "def uuid4():\n    return make().hex\n"
        f"def add(a, b):\n    return {value}\n"
    )
    job = make_job(code, mode="call", tests=[], inputs=[pack([1, 2])])
    outcome = run(job, repeats=2)
    assert (outcome.verdict, outcome.values) == ("flaky", [])
    assert outcome.failure == "passed (1 of 1), then passed (1 of 1)"


def test_a_label_that_changes_from_run_to_run_is_flaky(make_job: MakeJob, run: RunJob) -> None:
    code = (
        "import os\nBIT = os.urandom(1)[0] < 128\ndef add(a, b):\n    return a + b if BIT else 0\n"
    )
    seen = {run(make_job(code + f"# {n}\n"), repeats=4).verdict for n in range(12)}
    assert "flaky" in seen


def test_random_numbers_and_hashes_are_the_same_in_every_run(
    runs: Counter, make_job: MakeJob, run: RunJob
) -> None:
    code = (
        "import random\ndef add(a, b):\n    return [random.random(), hash('a'), list({'x', 'y'})]\n"
    )
    job = make_job(code, mode="call", tests=[], inputs=[pack([1, 2])])
    assert run(job, repeats=3).verdict == "passed"
    assert len(runs.slots) == 3


def test_texts_that_differ_from_run_to_run_are_not_kept(make_job: MakeJob, run: RunJob) -> None:
    code = "import os, sys\nprint(os.urandom(4).hex(), file=sys.stderr)\n" + GOOD
    outcome = run(make_job(code), repeats=2)
    assert (outcome.verdict, outcome.stderr_tail) == ("passed", "differs from run to run")
