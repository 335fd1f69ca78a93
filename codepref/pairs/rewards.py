"""What a sampled answer is worth, by its tests."""

from collections.abc import Callable
from typing import Literal

from codepref.pairs.eligibility import Executed

Reward = Literal["passed", "fraction_of_tests"]


def passed(item: Executed) -> float:
    """1 where all tests passed, else 0."""
    return float(item.verdict == "passed")


def fraction_of_tests(item: Executed) -> float:
    """Fraction of the tests that passed: 1 where the program passed, below it where it did not."""
    total = item.tests_total
    if passed(item):
        return 1.0
    return min(item.tests_passed, total - 1) / total if total else 0.0


REWARDS: dict[Reward, Callable[[Executed], float]] = {
    "passed": passed,
    "fraction_of_tests": fraction_of_tests,
}
