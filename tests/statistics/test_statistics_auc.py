"""AUC by its definition."""

import pytest

from codepref.statistics.auc import auc, auc_interval
from codepref.statistics.config import BootstrapConfig

CONFIG = BootstrapConfig(confidence=0.95, resamples=2000, seed=0)


def test_it_is_the_share_of_pairs_won_with_ties_as_halves() -> None:
    assert auc([3.0, 1.0], [2.0, 1.0]) == (1 + 1 + 0 + 0.5) / 4


def test_scores_that_separate_give_one_and_swapped_sides_zero() -> None:
    assert auc([2.0, 3.0], [0.0, 1.0]) == 1.0
    assert auc([0.0, 1.0], [2.0, 3.0]) == 0.0


def test_an_interval_holds_the_estimate_and_is_the_same_again() -> None:
    positive, negative = [0.5, 0.75, 1.0, 0.25, 0.9], [0.0, 0.5, 0.25, 0.8, 0.1]
    interval = auc_interval(positive, negative, CONFIG)
    assert 0 <= interval.low < auc(positive, negative) < interval.high <= 1
    assert auc_interval(positive, negative, CONFIG) == interval


def test_an_interval_shrinks_as_scores_are_added() -> None:
    few = auc_interval([0.0, 1.0] * 4, [0.0, 0.5] * 4, CONFIG)
    many = auc_interval([0.0, 1.0] * 64, [0.0, 0.5] * 64, CONFIG)
    assert (many.high - many.low) < (few.high - few.low) / 3  # a quarter: root of 16


def test_a_side_without_scores_has_no_auc() -> None:
    with pytest.raises(ValueError, match="both sides, got 0 and 1"):
        auc([], [1.0])
    with pytest.raises(ValueError, match="two scores or more"):
        auc_interval([1.0], [0.0, 1.0], CONFIG)
