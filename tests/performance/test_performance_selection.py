"""Which completions are measured."""

import pytest

from codepref.errors import DataError
from codepref.performance.selection import choose
from tests.performance.made import answer, make_config, results_of

ROWS = [answer(f"program {index}", index) for index in (4, 2, 0, 3, 1)]


def test_the_first_correct_completions_are_measured() -> None:
    results = results_of(ROWS, failing=["baseline HumanEval/0 1"])
    (found,) = choose(ROWS, results, "complete", make_config(min_correct=2, max_profile=3))
    assert [row.sample_index for row in found.chosen] == [0, 2, 3]
    assert (found.n_samples, found.n_correct) == (5, 4)


@pytest.mark.parametrize(("min_correct", "n_chosen"), [(4, 4), (5, 0)])
def test_a_task_with_too_few_correct_completions_is_not_measured(
    min_correct: int, n_chosen: int
) -> None:
    results = results_of(ROWS, failing=["baseline HumanEval/0 1"])
    (found,) = choose(ROWS, results, "complete", make_config(min_correct=min_correct))
    assert (len(found.chosen), found.n_correct) == (n_chosen, 4)


def test_variants_and_tasks_are_counted_apart_and_other_wordings_not_at_all() -> None:
    rows = [
        answer("a"),
        answer("a", variant="dpo-0"),
        answer("a", task_id="Mbpp/3"),
        answer("a", 1).model_copy(update={"wording": "terse"}),
    ]
    found = choose(rows, results_of(rows), "complete", make_config())
    assert [(some.variant, some.task_id, some.n_samples) for some in found] == [
        ("baseline", "HumanEval/0", 1),
        ("baseline", "Mbpp/3", 1),
        ("dpo-0", "HumanEval/0", 1),
    ]


def test_a_completion_that_was_never_judged_stops_the_stage() -> None:
    with pytest.raises(DataError, match="1 of 5 completions of evalperf have no result"):
        choose(ROWS, results_of(ROWS)[:-1], "complete", make_config())
