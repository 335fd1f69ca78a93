"""Overlap with benchmark tasks."""

import ast

import pytest

from codepref.benchmarks.rows import Task
from codepref.seeds.overlap import BenchmarkIndex, shape_of

SOLUTION = '''def total_even(numbers):
    """Sum up."""
    total = 0
    for number in numbers[1:]:
        if number % 2 == 0:
            total += number
    return total
'''
TASK = Task(
    task_id="HumanEval/7",
    benchmark="humaneval",
    text="Given a row of black and white stones, count how many must be flipped over.",
    prompt_code="",
    entry_point="total_even",
    canonical_solution=SOLUTION,
    test="",
    base_inputs="",
    plus_inputs="",
    atol=0.0,
)


def node_of(text: str) -> ast.FunctionDef:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def overlap_of(text: str) -> str | None:
    return BenchmarkIndex([TASK], words=8).overlap(node_of(text), text)


def test_a_solution_under_other_names_overlaps() -> None:
    renamed = SOLUTION.replace("numbers", "xs").replace("number", "x").replace("total", "s")
    assert overlap_of(renamed) == "HumanEval/7: the same function but for names"


@pytest.mark.parametrize(
    ("old", "new"),
    [("== 0", "== 1"), ("[1:]", "[:1]"), ("%", "//"), ("+= number", "+= total")],
)
def test_a_function_that_does_something_else_does_not(old: str, new: str) -> None:
    changed = SOLUTION.replace(old, new)
    assert changed != SOLUTION
    assert shape_of(node_of(changed)) != shape_of(node_of(SOLUTION))


def test_a_docstring_that_shares_a_run_of_words_overlaps() -> None:
    text = (
        'def f(x):\n    """Of black AND white stones: count, how many must be."""\n    return x\n'
    )
    assert overlap_of(text) == "HumanEval/7: 'of black and white stones count how many'"


def test_fewer_words_in_a_row_do_not() -> None:
    text = 'def f(x):\n    """Black and white stones, count how many."""\n    return x\n'
    assert overlap_of(text) is None
