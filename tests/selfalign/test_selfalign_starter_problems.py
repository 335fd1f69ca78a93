"""The starter problems: every one solvable, tested for real, and asked once."""

import re
from pathlib import Path
from typing import Any

import pytest

from codepref.selfalign.problems import Problem, read_problems

PROBLEMS_FILE = Path(__file__).parents[2] / "codepref" / "selfalign" / "problems.jsonl"
PROBLEMS = read_problems(PROBLEMS_FILE)
MAX_WORDS = 40  # a prompt's tokens are paid in every pair that is trained on

CONSTANTS: tuple[object, ...] = (None, True, False, 0, 1, "", [])


def run(statement: str, names: dict[str, Any]) -> None:
    """Run one statement of a file of our own."""
    exec(statement, names)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: str(problem.entry_point))
def test_the_reference_passes_every_test(problem: Problem) -> None:
    names: dict[str, Any] = {}
    run(str(problem.reference), names)
    run(problem.test_setup, names)
    for test in problem.tests:
        run(test, names)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: str(problem.entry_point))
def test_no_test_passes_whatever_the_function_returns(problem: Problem) -> None:
    names: dict[str, Any] = {str(problem.entry_point): lambda *_: object()}
    for test in problem.tests:
        with pytest.raises((AssertionError, TypeError)):
            run(test, names)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: str(problem.entry_point))
def test_no_constant_solves_a_problem(problem: Problem) -> None:
    for constant in CONSTANTS:
        names: dict[str, Any] = {str(problem.entry_point): lambda *_, result=constant: result}
        with pytest.raises((AssertionError, TypeError)):
            for test in problem.tests:
                run(test, names)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: str(problem.entry_point))
def test_the_text_names_the_function_and_is_short(problem: Problem) -> None:
    assert f"`{problem.entry_point}(" in problem.text
    assert f"def {problem.entry_point}(" in str(problem.reference)
    assert len(problem.text.split()) <= MAX_WORDS
    assert all(str(problem.entry_point) in test for test in problem.tests)
    assert len(problem.tests) >= 3


def test_ids_are_numbered_in_the_order_of_the_file() -> None:
    expected = [f"starter/{number:03d}" for number in range(1, len(PROBLEMS) + 1)]
    assert [problem.problem_id for problem in PROBLEMS] == expected


def test_no_problem_is_asked_twice() -> None:
    texts = {re.sub(r"[^a-z0-9]+", " ", problem.text.lower()) for problem in PROBLEMS}
    assert len(texts) == len(PROBLEMS)
    assert len({problem.entry_point for problem in PROBLEMS}) == len(PROBLEMS)


def test_there_are_problems_of_every_difficulty() -> None:
    assert len(PROBLEMS) >= 60
    assert {problem.difficulty for problem in PROBLEMS} == {"easy", "medium", "hard"}
