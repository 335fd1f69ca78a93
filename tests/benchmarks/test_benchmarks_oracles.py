import math
from typing import Any

import pytest

from codepref.benchmarks.oracles import is_right
from codepref.benchmarks.rows import Benchmark
from codepref.execution.values import Opaque, Raised
from tests.benchmarks.made_tasks import called_task


def right(
    found: Any,
    expected: Any,
    *,
    arguments: list[Any] | None = None,
    entry_point: str = "f",
    atol: float = 0.0,
    benchmark: Benchmark = "humaneval_plus",
) -> bool:
    task = called_task("", base=[], entry_point=entry_point, atol=atol, benchmark=benchmark)
    return is_right(task, arguments or [], found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [(1, 1), (1.0, 1), (True, 1), ("a", "a"), ([1, (2,)], [1, (2,)]), ({"a": {1}}, {"a": {1}})],
)
def test_equal_values_are_right(found: Any, expected: Any) -> None:
    assert right(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"), [(2, 1), ((1,), [1]), (None, False), ("1", 1), ([], None), ([1], [1, 2])]
)
def test_other_values_are_wrong(found: Any, expected: Any) -> None:
    assert not right(found, expected)


def test_floats_may_differ_by_a_millionth_where_the_task_says_nothing() -> None:
    assert right(0.1 + 9e-7, 0.1)
    assert not right(0.1 + 2e-6, 0.1)
    assert right([1.0, 2.0 + 9e-7], [1.0, 2.0])


def test_the_tolerance_of_the_task_is_taken_where_it_has_one() -> None:
    assert right(1.00009, 1.0, atol=1e-4)
    assert not right(1.0003, 1.0, atol=1e-4)


def test_close_values_of_another_type_are_wrong() -> None:
    assert not right((1.0 + 1e-9,), [1.0])
    assert not right([1.0 + 1e-9, 2.0], [1.0])


def test_whole_numbers_are_compared_exactly() -> None:
    assert not right(10**9 + 1, 10**9)
    assert not right([1, 2.0 + 1e-9], [1, 2.0])  # not all floats


@pytest.mark.parametrize("found", [[range(10**10)], [[range(10**10)]], range(10**10)])
def test_a_huge_range_is_wrong_and_not_written_out(found: Any) -> None:
    assert not right(found, [1.5])
    assert not right(found, [[1.5]], atol=1e-4)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([[]], [1.5]),
        (((),), (1.5,)),
        ([[1.5]], [1.5]),
        ([1.5], [[1.5]]),
        ([[], []], [[1.5], [2.5]]),
    ],
)
def test_a_value_of_another_shape_is_wrong(found: Any, expected: Any) -> None:
    assert not right(found, expected)
    assert not right(found, expected, atol=1e-4)


def test_text_is_never_close() -> None:
    assert not right("a", "b", atol=1e-4)


def test_infinity_and_nan_are_judged_without_a_warning() -> None:
    assert right(math.inf, math.inf)
    assert right(math.nan, math.nan)  # as numpy.testing.assert_allclose has it
    assert not right(math.nan, 1.0)
    assert not right(1.0, math.inf)


def test_what_does_not_travel_is_wrong() -> None:
    assert not right(Opaque("AlwaysEqual"), 1)
    assert not right(Opaque("Match"), Opaque("Match"))
    assert not right(Raised("KeyError"), Raised("KeyError"))


@pytest.mark.parametrize(
    ("entry_point", "arguments", "found", "expected", "verdict"),
    [
        ("are_equivalent", [36, 57], "whatever", False, True),
        ("sum_div", [7], 0, 1, True),
        ("sum_div", [7], 2, 1, False),
        # |1 - 0| + |0 - 9| for 10 and 9, padded to 09; the canonical solution pairs 1 with 9.
        ("digit_distance_nums", [10, 9], 10, 8, True),
        ("digit_distance_nums", [10, 9], 8, 8, True),
        ("digit_distance_nums", [10, 9], 9, 8, False),
        # Base 6, height 4: slant sqrt(9 + 16) = 5, surface 36 + 4 * 15 = 96.
        ("surface_Area", [6, 4], 96, 84, True),
        ("surface_Area", [6, 4], 84, 84, True),
        ("surface_Area", [6, 4], 97, 84, False),
        ("surface_Area", [6, 4], None, 84, False),
        ("similar_elements", [], [5, 4, 4], (4, 5), True),
        ("similar_elements", [], [5], (4, 5), False),
        ("similar_elements", [], 5, (4, 5), False),
        ("check_str", [], True, Opaque("Match"), True),
        ("check_str", [], False, Opaque("Match"), False),
        ("check_str", [], Opaque("Match"), Opaque("Match"), True),
        ("check_str", [], "", Opaque("Match"), True),
        ("check_str", [], None, Opaque("Match"), False),
        ("check_str", [], None, None, True),
        ("check_str", [], False, None, True),
        ("check_str", [], True, None, False),
        ("check_str", [], Raised("ValueError"), Opaque("Match"), False),
    ],
)
def test_some_mbpp_tasks_have_rules_of_their_own(
    entry_point: str, arguments: list[Any], found: Any, expected: Any, *, verdict: bool
) -> None:
    assert (
        right(found, expected, arguments=arguments, entry_point=entry_point, benchmark="mbpp_plus")
        is verdict
    )


def test_the_rules_of_mbpp_hold_for_mbpp_only() -> None:
    assert not right("whatever", 0, entry_point="are_equivalent")


@pytest.mark.parametrize(("root", "verdict"), [(-0.5, True), (-0.50001, True), (0.5, False)])
def test_any_root_of_the_polynomial_is_right(root: float, *, verdict: bool) -> None:
    # 1 + 2x within 1e-4, whatever the canonical solution found.
    found = right(root, 9.0, arguments=[[1, 2]], entry_point="find_zero", atol=1e-4)
    assert found is verdict


@pytest.mark.parametrize("found", [None, "x", Opaque("Fraction"), 1e308])
def test_what_is_no_number_is_no_root(found: Any) -> None:
    assert not right(found, 1.0, arguments=[[1, 2, 3]], entry_point="find_zero", atol=1e-4)


def test_objects_of_unknown_data_are_never_right_wherever_they_are() -> None:
    task = called_task("", base=[])
    for hidden in ([Opaque("Thing")], {"a": (Opaque("Thing"),)}, {Opaque("Thing"): 1}):
        assert not is_right(task, [], hidden, hidden)
    assert is_right(task, [], [{"a": (1,)}], [{"a": (1,)}])
