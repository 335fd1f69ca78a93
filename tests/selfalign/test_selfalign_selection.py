"""Which problems become instructions."""

import pytest

from codepref.selfalign.problems import Problem
from codepref.selfalign.selection import ProblemSet, Selected, select_problems
from tests.selfalign.selfalign_config import CONFIG

GOOD = Problem(
    problem_id="starter/1",
    difficulty=None,
    concepts=["sets"],
    text="Write f.",
    entry_point="f",
    test_setup="import math",
    tests=["assert f(1) == 1"],
    reference="def f(x):\n    return x",
)


def select(*problems: Problem, **changes: object) -> Selected:
    config = CONFIG.model_copy(update=changes)
    return select_problems([ProblemSet(list(problems), "starter 1", "MIT")], config)


def test_a_problem_keeps_its_tests_reference_and_origin() -> None:
    (instruction,) = select(GOOD).instructions
    assert (instruction.origin, instruction.problem_id) == ("problems", "starter/1")
    assert (instruction.tests, instruction.test_setup) == (GOOD.tests, "import math")
    assert (instruction.reference, instruction.entry_point) == (GOOD.reference, "f")
    assert (instruction.source, instruction.licence) == ("starter 1", "MIT")
    assert (instruction.difficulty, instruction.category) == ("medium", "function")
    assert (instruction.seed_id, instruction.generator_digest) == (None, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"problem_id": "mbpp/600"}, "other_split"),
        ({"problem_id": "mbpp/11"}, "other_split"),
        ({"text": " "}, "no_text"),
        ({"tests": []}, "no_tests"),
        ({"tests": ["assert f("]}, "broken_tests"),
        ({"test_setup": "import"}, "broken_tests"),
        ({"reference": None}, "no_reference"),
        ({"reference": "def f(:"}, "no_reference"),
    ],
)
def test_a_problem_that_cannot_be_used_is_a_reject_with_its_reason(
    changes: dict[str, object], reason: str
) -> None:
    selected = select(GOOD.model_copy(update=changes))
    assert selected.instructions == []
    assert [(reject.step, reject.reason) for reject in selected.rejects] == [("problem", reason)]


def test_the_second_of_two_equal_problems_is_a_duplicate() -> None:
    selected = select(GOOD, GOOD.model_copy(update={"problem_id": "starter/2"}))
    assert [item.problem_id for item in selected.instructions] == ["starter/1"]
    assert [(r.problem_id, r.reason) for r in selected.rejects] == [("starter/2", "duplicate")]


@pytest.mark.parametrize("number", [601, 974])
def test_the_training_ids_of_mbpp_are_kept(number: int) -> None:
    assert select(GOOD.model_copy(update={"problem_id": f"mbpp/{number}"})).instructions


def test_a_reference_may_be_missing_where_none_is_required() -> None:
    problem = GOOD.model_copy(update={"reference": None})
    assert select(problem, require_reference=False).instructions


def test_a_limit_draws_by_seed_and_counts_the_rest() -> None:
    problems = [
        GOOD.model_copy(update={"problem_id": f"starter/{i}", "text": f"Write f{i}."})
        for i in range(10)
    ]
    selected = select(*problems, problems_limit=4)
    assert [reject.reason for reject in selected.rejects] == ["over_limit"] * 6
    kept = {item.problem_id for item in selected.instructions}
    assert len(kept) == 4
    assert {
        item.problem_id for item in select(*problems[::-1], problems_limit=4).instructions
    } == kept
    others = {item.problem_id for item in select(*problems[1:], problems_limit=4).instructions}
    assert len(kept & others) >= 3
