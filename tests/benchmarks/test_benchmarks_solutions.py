from codepref.benchmarks.solutions import make_solution
from tests.benchmarks.made_tasks import checked_task

PROMPT = '''import math
from typing import List


def helper(x):
    return x + 1


def f(xs: List[int]) -> int:
    """Count."""
'''
TASK = checked_task(prompt=PROMPT, body="    return 0\n", test="")


def run(completion: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(make_solution(TASK, completion), names)
    return names


def value(completion: str) -> object:
    return run(completion)["f"](1)  # type: ignore[operator]


def test_imports_and_helpers_of_the_task_are_given() -> None:
    assert value("\ndef f(x):\n    return helper(math.floor(x))\n```") == 2


def test_a_helper_that_the_completion_defines_anew_counts() -> None:
    assert value("\ndef helper(x):\n    return 5\ndef f(x):\n    return helper(x)\n```") == 5


def test_the_function_asked_for_is_not_given() -> None:
    assert "f" not in run("\ndef g(x):\n    return 1\n```")


def test_what_follows_the_closing_fence_is_no_code() -> None:
    assert value("\ndef f(x):\n    return 1\n```\nHere x is...") == 1


def test_future_imports_stay_at_the_top() -> None:
    assert value("\nfrom __future__ import annotations\ndef f(x: Y):\n    return 3\n```") == 3


def test_code_that_is_no_python_is_kept_as_it_is() -> None:
    assert make_solution(TASK, "\nThe answer is\n").endswith("The answer is\n")
