"""Whether a returned value is right, by the rules of EvoEval 0.1.0.

Written from their description. Values must be of one type, floats may be off by a little; a few
tasks have several right answers. Three differences: an array of other length is not stretched to
fit, the start of a path is looked up by both of its coordinates, and HumanEval/32, on which every
answer raises there, is left to the rule of HumanEval+.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, get_args

import numpy as np

from codepref.benchmarks.rows import Benchmark, Task
from codepref.execution.values import Opaque

ATOL, RTOL = 1e-6, 1e-5  # EvoEval's, and numpy.allclose's own
ROOT = 2e-2  # of EvoEval/32 "difficult", which rounds to two decimals
STEPS = {"right": (0, 1), "left": (0, -1), "up": (-1, 0), "down": (1, 0)}
REWRITTEN: tuple[Benchmark, ...] = ("evoeval_verbose", "evoeval_concise")  # HumanEval+'s tests
NEW = {name for name in get_args(Benchmark) if name.startswith("evoeval")} - set(REWRITTEN)

Oracle = Callable[[Sequence[Any], Any, Any], bool]


def is_right_for_evoeval(task: Task, arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    """Judge one returned value of a new task; arguments and values as in oracles.is_right."""
    oracle = ORACLES.get((task.benchmark, task.task_id))
    return oracle(arguments, found, expected) if oracle else _is_equal(found, expected)


def _is_equal(found: Any, expected: Any) -> bool:
    if _are_floats(found) and _are_floats(expected):
        return np.shape(found) == np.shape(expected) and _are_close(found, expected)
    if type(found) is not type(expected) or isinstance(found, Opaque):
        return False
    if isinstance(found, (list, tuple)):
        return len(found) == len(expected) and all(map(_is_equal, found, expected))
    if isinstance(found, dict):
        return found.keys() == expected.keys() and all(
            _is_equal(value, expected[key]) for key, value in found.items()
        )
    return bool(found == expected)


def _are_close(found: Any, expected: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.allclose(found, expected, rtol=RTOL, atol=ATOL, equal_nan=True))


def _are_floats(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, (list, tuple)) and all(isinstance(item, float) for item in value)
    )


def _value_at(coefficients: Sequence[float], x: float) -> float:
    return math.fsum(c * math.pow(x, power) for power, c in enumerate(coefficients))


def _palindrome(arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    """One that begins with the text, whatever its capitals."""
    whole = found.lower() == found[::-1].lower()
    return bool(whole and len(found) == len(expected) and found.startswith(arguments[0]))


def _root_in_interval(arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    coefficients, (start, end) = arguments
    if expected is None or found is None:
        return found is expected
    return bool(start <= found <= end and abs(_value_at(coefficients, found)) <= ROOT)


def _root_of_odd_powers(arguments: Sequence[Any], found: Any, expected: Any) -> bool:  # noqa: ARG001
    first, second, *others = arguments[0]
    odd = [coefficient for other in others for coefficient in (0, other)]
    return abs(_value_at([first, second, *odd], found)) <= ATOL


def _moves_to_end(arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    maze, place, end = arguments
    if not expected:
        return bool(found == [])
    for move in found:
        place = (place[0] + STEPS[move][0], place[1] + STEPS[move][1])
        if maze[place[0]][place[1]] == 1:
            return False
    return bool(place == end)


def _path_to_end(arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    maze, start, end = arguments
    if not expected:
        return bool(found == [])
    near = all(abs(b[0] - a[0]) + abs(b[1] - a[1]) == 1 for a, b in pairwise(found))
    free = all(maze[x][y] != 0 for x, y in found)
    return bool(found[0] == start and found[-1] == end and near and free)


def _two_places(arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    numbers, product = arguments
    if not isinstance(expected, tuple):
        return bool(found == expected)
    first, second = found
    inside = isinstance(found, tuple) and 0 <= first < second < len(numbers)
    return bool(inside and numbers[first] * numbers[second] == product)


ORACLES: dict[tuple[Benchmark, str], Oracle] = {
    ("evoeval_difficult", "EvoEval/10"): _palindrome,
    ("evoeval_difficult", "EvoEval/32"): _root_in_interval,
    ("evoeval_creative", "EvoEval/26"): _moves_to_end,
    ("evoeval_creative", "EvoEval/30"): _path_to_end,
    ("evoeval_creative", "EvoEval/69"): _two_places,
    ("evoeval_subtle", "EvoEval/32"): _root_of_odd_powers,
}
