"""MBPP+ inputs as Python values: JSON has no tuples, sets and complex numbers.

Which argument of which task is what is a fact about the released file, version 0.2.0; the file
itself does not say. Source: evalplus 0.3.1, `evalplus.data.mbpp.mbpp_deserialize_inputs`.
"""

from collections.abc import Callable
from typing import Any

Arguments = list[Any]
Shape = Callable[[Arguments], Arguments]


def restore_arguments(number: int, arguments: Arguments) -> Arguments:
    """Give the arguments of one call as the task's function expects them.

    Args:
        number: of the task, 2 for "Mbpp/2".
        arguments: of one call, as read from JSON.
    """
    shape = SHAPES.get(number)
    return shape(arguments) if shape else arguments


def _each_tuple(arguments: Arguments) -> Arguments:
    return [tuple(argument) for argument in arguments]


def _each_list_of_tuples(arguments: Arguments) -> Arguments:
    return [_list_of_tuples(argument) for argument in arguments]


def _each_tuple_of_tuples(arguments: Arguments) -> Arguments:
    return [tuple(_list_of_tuples(argument)) for argument in arguments]


def _first_list_of_tuples(arguments: Arguments) -> Arguments:
    return [_list_of_tuples(arguments[0]), *arguments[1:]]


def _first_tuple(arguments: Arguments) -> Arguments:
    return [tuple(arguments[0]), *arguments[1:]]


def _second_tuple(arguments: Arguments) -> Arguments:
    return [arguments[0], tuple(arguments[1]), *arguments[2:]]


def _first_tuple_with_tuples(arguments: Arguments) -> Arguments:
    return [tuple(tuple(x) if isinstance(x, list) else x for x in arguments[0])]


def _first_list_of_sets(arguments: Arguments) -> Arguments:
    # An empty one is a dict: the task asks whether all dictionaries of a list are empty.
    return [[set(x) if isinstance(x, list) and x else {} for x in arguments[0]]]


def _first_dict_of_tuples(arguments: Arguments) -> Arguments:
    return [{key: tuple(value) for key, value in arguments[0].items()}, *arguments[1:]]


def _float_and_complex(arguments: Arguments) -> Arguments:
    return [float(arguments[0]), complex(arguments[1])]


def _first_complex(arguments: Arguments) -> Arguments:
    return [complex(arguments[0])]


def _all_tuples(arguments: Arguments) -> Arguments:
    return [_deep_tuple(argument) for argument in arguments]


def _list_of_tuples(value: list[Any]) -> list[Any]:
    return [tuple(item) for item in value]


def _deep_tuple(value: Any) -> Any:
    return tuple(_deep_tuple(item) for item in value) if isinstance(value, list) else value


TASKS_BY_SHAPE: list[tuple[Shape, str]] = [
    (
        _each_tuple,
        "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
    ),
    (_each_list_of_tuples, "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780"),
    (_first_list_of_tuples, "75 413 444 753"),
    (_second_tuple, "106 750"),
    (_first_list_of_sets, "115"),
    (_float_and_complex, "124"),
    (_first_tuple, "250 307 405 446 617 720 763 808"),
    (_first_complex, "252"),
    (_each_tuple_of_tuples, "259 401 445"),
    (_first_tuple_with_tuples, "278"),
    (_all_tuples, "580 615 791"),
    (_first_dict_of_tuples, "722"),
]
SHAPES: dict[int, Shape] = {
    int(number): shape for shape, numbers in TASKS_BY_SHAPE for number in numbers.split()
}
