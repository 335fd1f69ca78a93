from collections.abc import Mapping, Sequence

import pytest

from codepref.benchmarks.rows import Completion, Task
from codepref.benchmarks.scoring import Runners, Scored, batches, score_completions
from codepref.errors import DataError
from codepref.execution.jobs import Job, Outcome
from tests.benchmarks.fake_execution import run_trusted
from tests.benchmarks.made_tasks import called_task, checked_task, completion

RUNNERS = Runners(run_trusted, run_trusted)
DOUBLE = called_task("def f(x):\n    return x * 2", base=[[1], [2]], plus=[[3], [0]])
CHECKED = checked_task(
    prompt="def f(x):\n", body="    return x\n", test="def check(g):\n    assert g(2) == 2"
)


def score(task: Task, completions: Sequence[Completion], runners: Runners = RUNNERS) -> Scored:
    return score_completions([task], completions, runners, workers=1)


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

    def plus(jobs: Sequence[Job]) -> Mapping[str, Outcome]:
        seen.extend(job for job in jobs if job.code.endswith("x"))
        return run_trusted(jobs)

    answer = completion(DOUBLE, "def f(x):\n    return x")
    (result,) = score(DOUBLE, [answer], Runners(run_trusted, plus)).results
    assert (result.verdict, result.tests_passed, result.tests_total) == ("failed", 0, 4)
    assert result.failure == "base 0: expected 2, found 1"
    assert seen == []


def test_a_program_that_raises_is_an_error_at_that_input() -> None:
    verdict, passed, _, failure = judged(DOUBLE, "def f(x):\n    return {1: 2}[x]")
    assert (verdict, passed, failure) == ("error", 1, "base 1: raised KeyError")


def test_a_program_that_ends_early_keeps_the_harness_verdict() -> None:
    code = "def f(x):\n    if x == 3: raise EarlyEnd\n    return x * 2"
    assert judged(DOUBLE, code)[:3] == ("timeout", 2, 4)


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

    def base(jobs: Sequence[Job]) -> Mapping[str, Outcome]:
        counts.append(len(jobs))
        return run_trusted(jobs)

    rows = [completion(CHECKED, CHECKED.canonical_solution, variant=v) for v in ("a", "b", "c")]
    score(CHECKED, rows, Runners(base, base))
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
    scored = score_completions([DOUBLE, other], [completion(DOUBLE, "x")], RUNNERS, workers=1)
    assert [control.task_id for control in scored.controls] == ["HumanEval/0"]


def test_a_completion_of_an_unknown_task_is_refused() -> None:
    with pytest.raises(DataError, match="first HumanEval/0"):
        score_completions([], [completion(DOUBLE, "x")], RUNNERS, workers=1)


def test_batches_hold_every_item_once_in_order() -> None:
    assert [list(some) for some in batches([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
