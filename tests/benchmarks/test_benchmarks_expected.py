from collections.abc import Iterator, Sequence

import pytest

from codepref.benchmarks.expected import call_canonicals, parts_of
from codepref.errors import SandboxError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.values import decode
from tests.benchmarks.fake_execution import outcome, run_trusted
from tests.benchmarks.made_tasks import called_task


def test_the_canonical_solution_says_what_is_expected_base_inputs_first() -> None:
    task = called_task("def f(x):\n    return x * 2", base=[[1]], plus=[[2], [3]])
    reference = call_canonicals([task], run_trusted)[task.task_id]
    assert [(call.label, decode(call.expected)) for call in reference.calls] == [
        ("base 0", 2),
        ("plus 0", 4),
        ("plus 1", 6),
    ]
    assert reference.skipped == []


def test_an_input_that_ends_the_run_is_skipped_and_those_after_it_are_not() -> None:
    code = "def f(x):\n    if x == 2: raise EarlyEnd\n    return x"
    task = called_task(code, base=[[1]], plus=[[2], [3]])
    reference = call_canonicals([task], run_trusted)[task.task_id]
    assert [call.label for call in reference.calls] == ["base 0", "plus 1"]
    assert reference.skipped == ["plus 0: timeout"]


def test_inputs_that_a_killed_run_did_not_reach_are_asked_for_again() -> None:
    task = called_task("def f(x):\n    return [x, x]", base=[[1], [2]])
    cut = outcome("output_limit", ["[1,1]"])

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        whole = jobs and len(jobs[0].inputs) == 2
        return iter([(jobs[0], cut)]) if whole else run_trusted(jobs)

    reference = call_canonicals([task], run)[task.task_id]
    assert [decode(call.expected) for call in reference.calls] == [[1, 1], [2, 2]]


def test_an_input_at_which_the_canonical_solution_raises_is_skipped() -> None:
    task = called_task("def f(x):\n    return 1 / x", base=[[1], [0], [2]])
    reference = call_canonicals([task], run_trusted)[task.task_id]
    assert [call.label for call in reference.calls] == ["base 0", "base 2"]
    assert reference.skipped == ["base 1: raised ZeroDivisionError"]


def test_a_canonical_solution_that_is_broken_answers_no_input() -> None:
    task = called_task("def f(x)", base=[[1], [2]])
    reference = call_canonicals([task], run_trusted)[task.task_id]
    assert reference.calls == []
    assert reference.skipped == ["base 0: error SyntaxError", "base 1: error SyntaxError"]


def test_a_harness_failure_is_no_verdict_on_the_canonical_solution() -> None:
    task = called_task("def f(x):\n    return x", base=[[1]])
    with pytest.raises(SandboxError, match="HumanEval/0: the canonical solution could not be run"):
        call_canonicals([task], lambda jobs: ((job, outcome("infra_error")) for job in jobs))


def test_calls_of_a_run_that_was_cut_off_are_spread_over_more_runs() -> None:
    code = "def f(x):\n    if x == 20: raise EarlyEnd\n    return x"
    task = called_task(code, base=[[x] for x in range(40)])
    reference = call_canonicals([task], run_trusted)[task.task_id]
    labels = [[c.label for c in part] for part in parts_of(reference.calls)]
    assert [(part[0], part[-1]) for part in labels] == [
        ("base 0", "base 15"),
        ("base 16", "base 19"),
        ("base 21", "base 39"),
    ]


def test_an_input_that_a_limit_cost_is_told_from_one_that_raised() -> None:
    """A busy machine can cost an input by a limit; it is worth another try."""
    cut = called_task("def f(x):\n    raise EarlyEnd", base=[[1]])
    raised = called_task("def f(x):\n    raise ValueError", base=[[1]])
    found = [call_canonicals([task], run_trusted)[task.task_id] for task in (cut, raised)]
    assert [reference.ended_early for reference in found] == [True, False]
    assert [reference.calls for reference in found] == [[], []]
