"""The mark of a difference within noise, at each of its edges."""

import pytest

from codepref.report.noise import (
    MARK,
    Estimate,
    difference,
    difference_cell,
    score_cell,
    within_noise,
)
from codepref.report.numbers import CleanComparison, Comparison

CLEAN = CleanComparison()


def compared(low: float | None, high: float | None, p: float | None = None) -> Comparison:
    """Give a comparison at 95 percent."""
    middle = None if low is None or high is None else (low + high) / 2
    return Comparison(
        n_tasks=9,
        difference=middle,
        low=low,
        high=high,
        p_holm=p,
        confidence=0.95,
        clean=CLEAN,
    )


@pytest.mark.parametrize(
    ("low", "high", "p", "mark"),
    [
        (-0.01, 0.05, 0.001, MARK),  # the interval holds 0, whatever p is
        (0.0, 0.05, 0.001, MARK),  # 0 is its end
        (-0.05, 0.0, 0.001, MARK),
        (0.01, 0.05, 0.05, ""),  # p is 1 - confidence
        (0.01, 0.05, 0.0501, MARK),
        (-0.05, -0.01, 0.0499, ""),  # a loss is a difference too
        (0.01, 0.05, None, ""),  # no p: the interval alone
    ],
)
def test_the_mark_is_set_by_interval_and_adjusted_p(
    low: float, high: float, p: float | None, mark: str
) -> None:
    found = compared(low, high, p)
    assert within_noise(found) is bool(mark)
    assert difference_cell(difference(found, "pass@1")).partition(")")[2].strip() == mark


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_p_at_the_edge_is_no_noise_for_any_confidence(confidence: float) -> None:
    edge = round(1 - confidence, 6)
    found = compared(0.01, 0.05, edge).model_copy(update={"confidence": confidence})
    assert not within_noise(found)


def test_nothing_known_is_a_dash_without_a_mark() -> None:
    found = compared(None, None)
    assert not within_noise(found)
    assert difference_cell(difference(found, "pass@1")) == "-"


def test_each_unit_has_its_own_scale_and_digits() -> None:
    """A share of 1 / 9 is one point of a rating from 1 to 10."""
    found = compared(1 / 18, 1 / 6, 0.01)
    assert difference_cell(difference(found, "rating")) == "+1.00 (+0.50 to +1.50)"
    assert difference_cell(difference(found, "DPS")) == "+11.1 (+5.6 to +16.7)"
    assert score_cell(Estimate(unit="pass@1", value=10, low=4.66, high=20.1)) == (
        "10.0 % (4.7 to 20.1)"
    )
    assert score_cell(Estimate(unit="rating", value=5.5, low=None, high=None)) == "5.50"
