"""Whether a returned value is right, by the rules of EvalPlus 0.3.1.

Written from their description. Two differences: HumanEval/32 is judged by its root alone (there a
right answer counts as wrong), and the tolerance given to float results of a task does not carry
over to its later, exact ones.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from codepref.benchmarks.evoeval_oracles import NEW, is_right_for_evoeval
from codepref.benchmarks.rows import Task
from codepref.execution.values import Opaque, Raised

FLOAT_ATOL = 1e-6  # for float results of tasks that name no tolerance
NUMBERS = (bool, int, float, complex)
RTOL = 1e-7  # numpy.testing.assert_allclose's own
MAX_ITEMS = 10**6  # of a set to be made: a program may return range(10**12)
NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
SET_EQUAL = {
    "similar_elements",  # Mbpp/2
    "find_char_long",  # Mbpp/7
    "common_in_nested_lists",  # Mbpp/111
    "extract_singly",  # Mbpp/140
    "larg_nnum",  # Mbpp/232
    "intersection_array",  # Mbpp/249
    "find_dissimilar",  # Mbpp/579
    "Diff",  # Mbpp/769
}

# What a rule raises on a value of a type, shape or size that it cannot take.
MISFITS = (
    *(TypeError, ValueError, ArithmeticError, RecursionError),
    *(AttributeError, LookupError),
)

Oracle = Callable[[Sequence[Any], Any, Any], bool]


def is_right(task: Task, arguments: Sequence[Any], found: Any, expected: Any) -> bool:
    """Judge one returned value.

    Args:
        task: its origin and function decide which rules hold; its tolerance is used.
        arguments: of the call, as they were before it.
        found: what the program returned, plain data, whole.
        expected: what the canonical solution returned, whole.
    """
    mbpp = task.is_mbpp
    name, atol = task.entry_point, task.atol
    if isinstance(found, Raised):
        return False
    try:
        if task.benchmark in NEW:
            return is_right_for_evoeval(task, arguments, found, expected)
        if not mbpp and name == "find_zero":
            return _is_root(arguments[0], found, atol)
        if mbpp and name in NOT_NONE:
            return _is_not_none_alike(found, expected)
        if mbpp and name in SET_EQUAL:
            same = len(found) <= MAX_ITEMS and set(found) == set(expected)
        else:
            same = _is_equal(found, expected)
            oracle = ORACLES.get(name) if mbpp else None
            same = same or (oracle is not None and oracle(arguments, found, atol))
        return same or _is_close(found, expected, atol)
    except MISFITS:
        return False


def _is_equal(found: Any, expected: Any) -> bool:
    return not _has_opaque(found) and bool(found == expected)


def _has_opaque(value: Any) -> bool:
    """Whether an object of unknown data is in a value: two of one type need not be alike."""
    if isinstance(value, dict):
        return any(_has_opaque(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_has_opaque, value))
    return isinstance(value, Opaque)


def _is_close(found: Any, expected: Any, atol: float) -> bool:
    if not atol and _is_floats(expected):
        atol = FLOAT_ATOL
    if not atol or type(found) is not type(expected) or not _is_alike(found, expected):
        return False
    with np.errstate(all="ignore"):
        return bool(np.allclose(found, expected, rtol=RTOL, atol=atol, equal_nan=True))


def _is_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _is_alike(found: Any, expected: Any) -> bool:
    """Whether both are numbers, or lists of them of one shape: NumPy would stretch the smaller."""
    if isinstance(found, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(map(_is_alike, found, expected))
    return isinstance(found, NUMBERS) and isinstance(expected, NUMBERS)


def _is_root(coefficients: Sequence[float], found: Any, atol: float) -> bool:
    value = sum(c * math.pow(found, power) for power, c in enumerate(coefficients))
    return bool(abs(value) <= atol)


def _is_not_none_alike(found: Any, expected: Any) -> bool:
    wanted = expected is not None
    return found == wanted if isinstance(found, bool) else (found is not None) == wanted


def _any_value(arguments: Sequence[Any], found: Any, atol: float) -> bool:  # noqa: ARG001
    return True


def _zero(arguments: Sequence[Any], found: Any, atol: float) -> bool:  # noqa: ARG001
    return bool(found == 0)


def _digit_distance(arguments: Sequence[Any], found: Any, atol: float) -> bool:  # noqa: ARG001
    """Sum of digit differences of two numbers padded with zeros to one length."""
    first, second = (str(argument) for argument in arguments)
    width = max(len(first), len(second))
    pairs = zip(first.zfill(width), second.zfill(width), strict=True)
    return bool(found == sum(abs(int(a) - int(b)) for a, b in pairs))


def _pyramid_surface(arguments: Sequence[Any], found: Any, atol: float) -> bool:
    """Surface of a square pyramid whose second argument is its height, rounded."""
    edge, height = arguments
    slant = math.sqrt((edge / 2) ** 2 + height**2)
    return bool(abs(found - round(edge**2 + 4 * (edge * slant) / 2)) <= atol)


ORACLES: dict[str, Oracle] = {
    "are_equivalent": _any_value,  # Mbpp/164
    "sum_div": _zero,  # Mbpp/295
    "digit_distance_nums": _digit_distance,  # Mbpp/558
    "surface_Area": _pyramid_surface,  # Mbpp/581
}
