"""EvoEval's rules: typed equality, and the tasks with several right answers."""

import math
from typing import Any, get_args

import pytest

from codepref.benchmarks.evoeval_oracles import NEW, ORACLES
from codepref.benchmarks.oracles import is_right
from codepref.benchmarks.rows import Benchmark
from codepref.execution.values import Opaque, Raised
from tests.benchmarks.made_tasks import called_task

# Each cell is free (0) or a wall (1) for steps; for paths free is 1 and a wall 0.
STEPS_MAZE = [[0, 0, 1], [1, 0, 0]]
PATH_MAZE = [[1, 1, 0], [0, 1, 1]]
STEPS = [STEPS_MAZE, (0, 0), (1, 2)]
PATH = [PATH_MAZE, (0, 0), (1, 2)]


def right(
    found: Any,
    expected: Any,
    *,
    arguments: list[Any] | None = None,
    benchmark: Benchmark = "evoeval_combine",
    number: int = 0,
) -> bool:
    task = called_task("", base=[], benchmark=benchmark)
    task = task.model_copy(update={"task_id": f"EvoEval/{number}"})
    return is_right(task, arguments or [], found, expected)


@pytest.mark.parametrize(
    "value",
    [None, True, 0, "a", 1.5, [1, "a"], (1, (2.0,)), {"a": [1, 2.0]}, {1, 2}, [], {}, math.nan],
)
def test_a_value_is_right_where_it_is_the_expected_one(value: Any) -> None:
    assert right(value, value)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1, 1.0),
        (True, 1),
        (0, False),
        ((1, 2), [1, 2]),
        ([1, 2.0], [1, 2]),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"b": 1}),
        ([1], [1, 1]),
        ({1}, [1]),
        ("1", 1),
        (None, []),
    ],
)
def test_other_types_and_other_values_are_wrong(found: Any, expected: Any) -> None:
    assert not right(found, expected)
    assert not right(expected, found)


def test_floats_alone_may_stand_in_a_tuple_or_a_list() -> None:
    """Float sequences are compared as arrays there, whatever holds them."""
    assert right((1.0, 2.0), [1.0, 2.0])
    assert right((), [])


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (9e-7, 0.0, True),
        (2e-6, 0.0, False),
        (1e6 + 9, 1e6, True),  # 1e-5 of the value, numpy.allclose's own tolerance
        (1e6 + 11, 1e6, False),
        ([1.0, 2.0 + 1e-6], [1.0, 2.0], True),
        ([{"a": 1.0 + 1e-6}], [{"a": 1.0}], True),
        ([{"a": 1.1}], [{"a": 1.0}], False),
        ([1.0], [1.0, 1.0], False),
        (1.0, [1.0], False),
    ],
)
def test_floats_may_be_off_by_a_little(found: Any, expected: Any, *, verdict: bool) -> None:
    assert right(found, expected) is verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("abcba", True),
        ("abcBa", True),
        ("abcCba", False),  # longer than the shortest
        ("abcab", False),
        ("Abcba", False),  # another start
        ("abc", False),
    ],
)
def test_any_palindrome_of_the_shortest_length_is_right(found: str, *, verdict: bool) -> None:
    case: dict[str, Any] = {"benchmark": "evoeval_difficult", "number": 10}
    assert right(found, "abcba", arguments=["abc"], **case) is verdict


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (2.0, 1.0, True),  # (x - 1)(x - 2)
        (1.0, 2.0, True),
        (1.019, 1.0, True),  # 2e-2 at most
        (1.03, 1.0, False),
        (4.0, 1.0, False),
        (None, 1.0, False),
        (None, None, True),
        (1.0, None, False),
    ],
)
def test_any_root_in_the_interval_is_right(found: Any, expected: Any, *, verdict: bool) -> None:
    arguments = [[2, -3, 1], (0, 3)]
    case: dict[str, Any] = {"benchmark": "evoeval_difficult", "number": 32}
    assert right(found, expected, arguments=arguments, **case) is verdict


def test_a_root_outside_the_interval_is_wrong() -> None:
    case: dict[str, Any] = {"benchmark": "evoeval_difficult", "number": 32}
    assert not right(2.0, 1.0, arguments=[[2, -3, 1], (0, 1.5)], **case)


@pytest.mark.parametrize(("root", "verdict"), [(2.0, True), (2.0 + 1e-8, True), (2.1, False)])
def test_the_polynomial_of_odd_powers_has_its_own_root(root: float, *, verdict: bool) -> None:
    """Coefficients -10, 1, 1 mean -10 + x + x³, whose root is 2."""
    case: dict[str, Any] = {"benchmark": "evoeval_subtle", "number": 32}
    assert right(root, 9.0, arguments=[[-10, 1, 1]], **case) is verdict


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (["right", "down", "right"], ["right"], True),
        (["right", "left", "right", "down", "right"], ["right"], True),
        (["right", "down"], ["right"], False),
        (["down", "right", "right"], ["right"], False),  # through a wall
        ([], ["right"], False),
        ([], [], True),
        (["right"], [], False),
        (None, [], False),
    ],
)
def test_any_way_through_the_maze_is_right(
    found: Any, expected: list[str], *, verdict: bool
) -> None:
    case: dict[str, Any] = {"benchmark": "evoeval_creative", "number": 26}
    assert right(found, expected, arguments=STEPS, **case) is verdict


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        ([(0, 0), (0, 1), (1, 1), (1, 2)], [(0, 0)], True),
        ([(0, 0), (1, 1), (1, 2)], [(0, 0)], False),  # not adjacent
        ([(0, 0), (0, 1), (0, 2), (1, 2)], [(0, 0)], False),  # through a wall
        ([(0, 0), (0, 1), (1, 1)], [(0, 0)], False),  # not to the end
        ([(0, 1), (1, 1), (1, 2)], [(0, 0)], False),  # not from the start
        ([], [(0, 0)], False),
        ([], [], True),
        ([(0, 0)], [], False),
    ],
)
def test_any_path_of_free_cells_is_right(found: Any, expected: Any, *, verdict: bool) -> None:
    case: dict[str, Any] = {"benchmark": "evoeval_creative", "number": 30}
    assert right(found, expected, arguments=PATH, **case) is verdict


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        ((0, 3), (1, 2), True),  # 1 * 6
        ((1, 2), (0, 3), True),  # 2 * 3
        ((2, 1), (0, 3), False),
        ((-4, -1), (0, 3), False),
        ((0, 1), (0, 3), False),
        ([0, 3], (0, 3), False),
        ("No magic today", (0, 3), False),
        ("No magic today", "No magic today", True),
        ((0, 3), "No magic today", False),
    ],
)
def test_any_two_places_with_the_product_are_right(
    found: Any, expected: Any, *, verdict: bool
) -> None:
    case: dict[str, Any] = {"benchmark": "evoeval_creative", "number": 69}
    assert right(found, expected, arguments=[[1, 2, 3, 6], 6], **case) is verdict


ARGUMENTS: dict[tuple[str, int], tuple[list[Any], Any]] = {
    ("evoeval_difficult", 10): (["abc"], "abcba"),
    ("evoeval_difficult", 32): ([[2, -3, 1], (0, 3)], 1.0),
    ("evoeval_creative", 26): (STEPS, ["right"]),
    ("evoeval_creative", 30): (PATH, [(0, 0)]),
    ("evoeval_creative", 69): ([[1, 2, 3, 6], 6], (0, 3)),
    ("evoeval_subtle", 32): ([[-10, 1, 1]], 2.0),
    ("evoeval_combine", 0): ([], 1.7e308),  # whose difference to some float is infinite
    ("evoeval_tool_use", 0): ([], [1.0, 2.0]),
}
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]
HOSTILE = [
    None,
    math.nan,
    -math.inf,
    -1.7e308,
    10**400,
    1j,
    "x" * 100_000,
    b"x",
    [],
    (),
    {},
    [[]],
    [None],
    [math.nan, math.nan],
    (math.nan, math.nan),
    (10**400, 10**401),
    (0.5, 1.5),
    ["up", "sideways"],
    ["up"] * 9,
    [["up"]],
    [(0, 0), (0,)],
    [(10**9, 0), (10**9, 1)],
    [("a", "b"), ("c", "d")],
    range(10**12),
    {"a": {1}},
    Opaque("Equal"),
    [Opaque("Equal")],
    Raised("KeyError"),
    DEEP,
]


@pytest.mark.parametrize(("benchmark", "number"), ARGUMENTS)
@pytest.mark.parametrize("found", HOSTILE, ids=range(len(HOSTILE)))
def test_a_value_that_a_rule_cannot_take_is_wrong(
    benchmark: Benchmark, number: int, found: Any
) -> None:
    arguments, expected = ARGUMENTS[benchmark, number]
    assert not right(found, expected, arguments=arguments, benchmark=benchmark, number=number)


def test_what_does_not_travel_is_wrong_whatever_was_expected() -> None:
    assert not right(Opaque("Match"), Opaque("Match"))
    assert not right([Opaque("Match")], [Opaque("Match")])


def test_every_rule_of_a_task_is_tested_here() -> None:
    assert {(name, f"EvoEval/{number}") for name, number in ARGUMENTS} >= set(ORACLES)


def test_the_rules_hold_for_evoevals_new_tasks_only() -> None:
    rewritten = {"evoeval_verbose", "evoeval_concise"}
    assert {name for name in get_args(Benchmark) if name.startswith("evoeval")} - rewritten == NEW
    assert right(1, 1.0, benchmark="evoeval_concise")
    assert not right(1, 1.0, benchmark="evoeval_tool_use")
