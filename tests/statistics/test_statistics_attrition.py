import pytest

from codepref.statistics.attrition import difference_bounds, rate_bounds


def test_a_rate_lies_between_all_unscored_failing_and_all_passing() -> None:
    assert rate_bounds(0.5, 8, 10) == pytest.approx((4 / 10, 6 / 10))
    assert rate_bounds(0.25, 8, 8) == pytest.approx((0.25, 0.25))
    assert rate_bounds(None, 0, 3) == (0.0, 1.0)


def test_a_difference_lies_between_all_unscored_against_and_all_for() -> None:
    # 8 of 10 tasks gain 2 in all; the two others can take or give 1 each.
    assert difference_bounds(0.25, 8, 10) == pytest.approx((0.0, 0.4))
    assert difference_bounds(-0.5, 4, 4) == pytest.approx((-0.5, -0.5))


@pytest.mark.parametrize(("rate", "n_scored", "n_tasks"), [(0.5, 3, 2), (None, 1, 2), (0.5, 0, 2)])
def test_counts_that_cannot_be_are_refused(rate: float | None, n_scored: int, n_tasks: int) -> None:
    with pytest.raises(ValueError, match="expected a rate over"):
        rate_bounds(rate, n_scored, n_tasks)


def test_a_difference_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="scored tasks"):
        difference_bounds(0.0, 0, 2)
