import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from codepref.statistics.agreement import Agreement, Scale, agreement, weighted_kappa
from codepref.statistics.config import BootstrapConfig

SCALE = Scale(1, 10)
CONFIG = BootstrapConfig(confidence=0.95, resamples=500, seed=1)


def kappa(first: list[int], second: list[int]) -> float | None:
    return weighted_kappa(first, second, SCALE)


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
    nothing = Agreement(None, None, None)
    assert agreement([7], [7], ["a"], SCALE, CONFIG) == nothing
    assert agreement([], [], [], SCALE, CONFIG) == nothing


def make_ratings(n: int) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(0)
    first = rng.integers(1, 11, n)
    second = np.clip(first + rng.integers(-2, 3, n), 1, 10)
    return first.tolist(), second.tolist()


def interval(first: list[int], second: list[int], clusters: list[str]) -> tuple[float, float]:
    found = agreement(first, second, clusters, SCALE, CONFIG)
    assert found.kappa is not None and found.low is not None and found.high is not None
    assert found.low < found.kappa < found.high
    return found.low, found.high


def test_the_interval_holds_the_kappa_and_narrows_with_items() -> None:
    widths = []
    for n in (30, 300):
        low, high = interval(*make_ratings(n), [str(i) for i in range(n)])
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_the_interval_is_that_of_resampling_items_one_by_one() -> None:
    first, second = make_ratings(40)
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(4000):
        some = rng.integers(0, 40, 40)
        drawn.append(kappa([first[i] for i in some], [second[i] for i in some]))
    expected = np.quantile(np.array(drawn, float), [0.025, 0.975])
    many = BootstrapConfig(confidence=0.95, resamples=4000, seed=1)
    found = agreement(first, second, [str(i) for i in range(40)], SCALE, many)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.015)


def test_answers_to_one_task_that_are_alike_count_as_one() -> None:
    """Each item four times over, in its own cluster: the same kappa and the same interval."""
    first, second = make_ratings(30)
    clusters = [str(i) for i in range(30)]
    once = interval(first, second, clusters)
    assert interval(first * 4, second * 4, clusters * 4) == pytest.approx(once)
    low, high = interval(first * 4, second * 4, [str(i) for i in range(120)])
    assert high - low < 0.7 * (once[1] - once[0])


def test_ratings_off_the_scale_or_unequal_in_number_are_refused() -> None:
    with pytest.raises(ValueError, match="1 off the scale"):
        kappa([0], [1])
    with pytest.raises(ValueError, match="got 1 and 2"):
        kappa([1], [1, 2])
