from collections.abc import Iterator, Sequence

import pytest

from codepref.benchmarks.calling import Runs
from codepref.benchmarks.rows import Completion, Task
from codepref.benchmarks.scoring import Harness, Scored, score_completions
from codepref.errors import DataError, SandboxError
from codepref.execution.jobs import Job, Outcome
from tests.benchmarks.fake_execution import run_trusted
from tests.benchmarks.made_tasks import called_task, checked_task, completion

RUNS = Runs(run_trusted, run_trusted)
HARNESS = Harness(RUNS, RUNS, "corrected")
DOUBLE = called_task("def f(x):\n    return x * 2", base=[[1], [2]], plus=[[3], [0]])
CHECKED = checked_task(
    prompt='def f(x):\n    """Same."""\n',
    body="    return x\n",
    test="def check(g):\n    assert g(2) == 2",
)


def score(task: Task, completions: Sequence[Completion], runs: Runs = RUNS) -> Scored:
    return score_completions([task], completions, Harness(runs, RUNS, "corrected"))


def judged(task: Task, solution: str) -> tuple[str, int, int, str]:
    (result,) = score(task, [completion(task, solution)]).results
    return result.verdict, result.tests_passed, result.tests_total, result.failure


def test_a_right_program_passes_base_and_plus_inputs() -> None:
    assert judged(DOUBLE, "def f(x):\n    return x + x") == ("passed", 4, 4, "")


def test_a_program_that_is_wrong_on_plus_inputs_only_fails() -> None:
    assert judged(DOUBLE, "def f(x):\n    return x * 2 if x else 1") == (
        "failed",
        3,
        4,
        "plus 1: expected 0, found 1",
    )


def test_a_program_that_is_wrong_on_base_inputs_is_not_run_on_plus_inputs() -> None:
    seen: list[Job] = []

    def plus(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        seen.extend(job for job in jobs if job.code.endswith("x"))
        return run_trusted(jobs)

    answer = completion(DOUBLE, "def f(x):\n    return x")
    (result,) = score(DOUBLE, [answer], Runs(run_trusted, plus)).results
    assert (result.verdict, result.tests_passed, result.tests_total) == ("failed", 0, 4)
    assert result.failure == "base 0: expected 2, found 1"
    assert seen == []


def test_a_program_that_raises_is_an_error_at_that_input() -> None:
    verdict, passed, _, failure = judged(DOUBLE, "def f(x):\n    return {1: 2}[x]")
    assert (verdict, passed, failure) == ("error", 1, "base 1: raised KeyError")


def test_a_program_that_ends_early_keeps_the_harness_verdict() -> None:
    code = "def f(x):\n    if x == 3: raise EarlyEnd\n    return x * 2"
    assert judged(DOUBLE, code)[:3] == ("timeout", 2, 4)


BIG = called_task("def f(x):\n    return {n: 0.5 for n in range(x)}", base=[[3000]])
BIG_OTHERWISE = "def f(x):\n    return {n: 0.5 for n in reversed(range(x))}"


def test_a_large_value_that_is_written_otherwise_is_asked_for_whole() -> None:
    assert judged(BIG, BIG_OTHERWISE)[:2] == ("passed", 1)


@pytest.mark.parametrize(("verdict", "error"), [("infra_error", True), ("output_limit", False)])
def test_a_program_is_not_blamed_for_a_value_of_the_canonical_one_that_is_not_to_be_had(
    verdict: str, *, error: bool
) -> None:
    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for job, outcome in run_trusted(jobs):
            lost = job.whole and job.code == BIG.canonical_solution
            changes = {"verdict": verdict, "values": []} if lost else {}
            yield job, outcome.model_copy(update=changes)

    def judge() -> str:
        answer = completion(BIG, BIG_OTHERWISE)
        return score(BIG, [answer], Runs(run, run)).results[0].verdict

    if error:
        with pytest.raises(SandboxError, match="canonical solution could not be run"):
            judge()
    else:
        assert judge() == "infra_error"


def test_an_object_that_equals_everything_fails() -> None:
    code = "class A:\n    __eq__ = lambda s, o: True\ndef f(x):\n    return A()"
    assert judged(DOUBLE, code)[0] == "failed"


def test_a_checked_task_is_judged_by_its_own_text() -> None:
    assert judged(CHECKED, "def f(x):\n    return 2")[0] == "passed"
    assert judged(CHECKED, "def f(x):\n    return 3")[0] == "failed"


def test_results_carry_the_completions_names() -> None:
    rows = [
        completion(DOUBLE, "def f(x):\n    return x", variant=variant, index=index)
        for variant in ("baseline", "dpo-0")
        for index in (0, 1)
    ]
    results = score(DOUBLE, rows).results
    assert [(r.completion_id, r.variant, r.sample_index) for r in results] == [
        (r.completion_id, r.variant, r.sample_index) for r in rows
    ]


def test_equal_programs_are_run_once() -> None:
    counts: list[int] = []

    def base(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        counts.append(len(jobs))
        return run_trusted(jobs)

    rows = [completion(CHECKED, CHECKED.canonical_solution, variant=v) for v in ("a", "b", "c")]
    score(CHECKED, rows, Runs(base, base))
    assert max(counts) == 1


def test_the_canonical_solution_is_judged_beside_the_completions() -> None:
    (control,) = score(DOUBLE, [completion(DOUBLE, "wrong")]).controls
    assert (control.task_id, control.judgement.verdict) == ("HumanEval/0", "passed")


def test_a_wrong_canonical_solution_is_found() -> None:
    task = CHECKED.model_copy(update={"canonical_solution": "def f(x):\n    return 0"})
    (control,) = score(task, [completion(task, "")]).controls
    assert control.judgement.verdict == "failed"


def test_no_verdict_is_made_where_the_canonical_solution_answers_nothing() -> None:
    task = called_task("def f(x):\n    return 1 / 0", base=[[1]])
    scored = score(task, [completion(task, "def f(x):\n    return 1")])
    assert scored.results[0].verdict == "infra_error"
    assert scored.controls[0].skipped == ["base 0: raised ZeroDivisionError"]


def test_a_task_without_base_answers_is_judged_by_its_plus_inputs() -> None:
    task = called_task("def f(x):\n    return 1 / x", base=[[0]], plus=[[2]])
    assert judged(task, "def f(x):\n    return 0.5")[0] == "passed"
    assert judged(task, "def f(x):\n    return 0.6")[0] == "failed"


def test_tasks_without_completions_are_not_run() -> None:
    other = DOUBLE.model_copy(update={"task_id": "HumanEval/1", "canonical_solution": "broken("})
    scored = score_completions([DOUBLE, other], [completion(DOUBLE, "x")], HARNESS)
    assert [control.task_id for control in scored.controls] == ["HumanEval/0"]


def test_a_completion_of_an_unknown_task_is_refused() -> None:
    with pytest.raises(DataError, match="first HumanEval/0"):
        score_completions([], [completion(DOUBLE, "x")], HARNESS)


LONG = called_task("def f(x):\n    return [i * x for i in range(5000)]", base=[[2], [3]])


@pytest.mark.parametrize(
    ("solution", "verdict", "passed"),
    [
        ("def f(x):\n    return list(range(0, 5000 * x, x))", "passed", 2),
        ("def f(x):\n    return [float(i * x) for i in range(5000)]", "passed", 2),
        ("def f(x):\n    return [i * x + (i == 4999) for i in range(5000)]", "failed", 0),
        ("def f(x):\n    return [i * x + (x == 3) for i in range(5000)]", "failed", 1),
        ("def f(x):\n    return tuple(i * x for i in range(5000))", "failed", 0),
        ("def f(x):\n    return 1", "failed", 0),
    ],
)
def test_large_values_are_compared_by_hash_and_whole_only_where_hashes_differ(
    solution: str, verdict: str, passed: int
) -> None:
    assert judged(LONG, solution)[:3] == (verdict, passed, 2)


def test_whole_values_are_asked_for_only_where_hashes_differ() -> None:
    asked: list[str] = []

    def base(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        asked.extend(job.job_id.partition(" ")[2] for job in jobs)
        return run_trusted(jobs)

    same = completion(LONG, "def f(x):\n    return [x * i for i in range(5000)]")
    assert score(LONG, [same], Runs(base, run_trusted)).results[0].verdict == "passed"
    assert set(asked) == {"base 0"}
    floats = completion(LONG, "def f(x):\n    return [1.0 * x * i for i in range(5000)]")
    assert score(LONG, [floats], Runs(base, run_trusted)).results[0].verdict == "passed"
    assert {"whole base 0", "whole base 1"} <= set(asked)


def test_a_wrong_large_value_is_told_by_its_beginning() -> None:
    failure = judged(LONG, "def f(x):\n    return [9] * 5000")[3]
    assert failure.startswith("base 0: expected [0,2,4,")
    assert "found [9,9,9," in failure
