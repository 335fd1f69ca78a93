"""Differential performance of programs with known costs."""

import math

import pytest

from codepref.performance.ranks import Rank, out_of_order, rank

REFERENCES, SCORES = [100.0, 40.0, 10.0], [20.0, 70.0, 100.0]


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (5.0, Rank(2, 100.0, 100.0)),
        (10.0, Rank(2, 100.0, 100.0)),
        (11.0, Rank(1, 70.0, 200 / 3)),
        (99.0, Rank(0, 20.0, 100 / 3)),
        (101.0, Rank(-1, 0.0, 0.0)),
    ],
)
def test_a_program_has_the_score_of_the_fastest_reference_it_reaches(
    cost: float, expected: Rank
) -> None:
    assert rank(cost, REFERENCES, SCORES, tolerance=0.0) == pytest.approx(expected)


@pytest.mark.parametrize(("cost", "reference"), [(12.5, 2), (12.51, 1), (50.0, 1), (50.1, 0)])
def test_a_cost_at_the_edge_of_the_tolerance_reaches_the_reference(
    cost: float, reference: int
) -> None:
    assert rank(cost, REFERENCES, SCORES, tolerance=0.25).reference == reference


def test_references_measured_out_of_order_are_tried_from_the_last_on() -> None:
    assert rank(30.0, [100.0, 10.0, 40.0], SCORES, tolerance=0.0).dps == 100.0


def test_what_ends_is_as_fast_as_a_reference_that_met_the_time_limit() -> None:
    assert rank(1e9, [math.inf, 40.0, 10.0], SCORES, tolerance=0.0).reference == 0


def test_a_reference_that_failed_is_never_reached() -> None:
    assert rank(9.0, [100.0, 40.0, math.nan], SCORES, tolerance=0.0).reference == 1


def test_references_without_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="got 1 and 0"):
        rank(1.0, [1.0], [], tolerance=0.0)


@pytest.mark.parametrize(
    ("costs", "n"),
    [
        ([100.0, 40.0, 10.0], 0),
        ([100.0, 124.0, 10.0], 0),  # within the tolerance
        ([100.0, 126.0, 10.0], 1),
        ([1.0, 2.0, 4.0], 2),
        ([math.inf, 2.0, math.nan], 0),
    ],
)
def test_references_that_cost_more_than_the_one_before_are_counted(
    costs: list[float], n: int
) -> None:
    assert out_of_order(costs, tolerance=0.25) == n
