import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from codepref.statistics.agreement import agreement, weighted_kappa
from codepref.statistics.config import BootstrapConfig

CONFIG = BootstrapConfig(confidence=0.95, resamples=500, seed=1)


def kappa(first: list[int], second: list[int]) -> float | None:
    return weighted_kappa(first, second, lowest=1, highest=10)


def test_equal_ratings_agree_wholly() -> None:
    assert kappa([1, 5, 10], [1, 5, 10]) == 1.0


def test_opposite_ratings_disagree_wholly() -> None:
    # o: 81 + 81; e: half of all four combinations, 4 * 81 / 2: 1 - 162 / 81.
    assert kappa([1, 10], [10, 1]) == -1.0


def test_a_near_miss_weighs_less_than_a_far_one() -> None:
    near, far = kappa([1, 5, 9], [2, 5, 9]), kappa([1, 5, 9], [9, 5, 9])
    assert near is not None and far is not None and near > far


@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), min_size=2, max_size=30))
def test_it_is_sklearns(pairs: list[tuple[int, int]]) -> None:
    first, second = (list(ratings) for ratings in zip(*pairs, strict=True))
    assume(len({*first, *second}) > 1)
    expected = cohen_kappa_score(first, second, weights="quadratic", labels=list(range(1, 11)))
    assert kappa(first, second) == pytest.approx(expected)


def test_one_rating_throughout_has_no_kappa() -> None:
    assert kappa([7, 7], [7, 7]) is None
    assert kappa([], []) is None
    assert agreement([7], [7], lowest=1, highest=10, config=CONFIG) is None


def test_the_interval_holds_the_kappa_and_narrows_with_items() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n in (30, 300):
        first = rng.integers(1, 11, n)
        second = np.clip(first + rng.integers(-2, 3, n), 1, 10)
        found = agreement(first.tolist(), second.tolist(), lowest=1, highest=10, config=CONFIG)
        assert found is not None and found.low < found.kappa < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0]


def test_ratings_off_the_scale_or_unequal_in_number_are_refused() -> None:
    with pytest.raises(ValueError, match="1 off the scale"):
        kappa([0], [1])
    with pytest.raises(ValueError, match="got 1 and 2"):
        kappa([1], [1, 2])
