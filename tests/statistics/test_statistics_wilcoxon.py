"""Wilcoxon's signed-rank test with zeros ranked and left out, exact where it can be."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from codepref.statistics.config import BootstrapConfig
from codepref.statistics.paired import wilcoxon_p

CONFIG = BootstrapConfig(confidence=0.95, resamples=10_000, seed=3)


def p_of(values: list[float], config: BootstrapConfig = CONFIG) -> float:
    return wilcoxon_p({f"{i:03}": value for i, value in enumerate(values)}, config)


def enumerated_p(values: list[int]) -> float:
    """Share of all sign changes whose sum of signed ranks reaches as far, on either side."""
    ranks = rankdata(np.abs(values))
    moved = [rank for rank, value in zip(ranks, values, strict=True) if value]
    found = abs(sum(rank * np.sign(value) for rank, value in zip(ranks, values, strict=True)))
    sums = [abs(np.dot(moved, signs)) for signs in product((-1, 1), repeat=len(moved))]
    return sum(total >= found - 1e-9 for total in sums) / len(sums)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_the_p_is_the_share_of_sign_changes_that_reach_as_far(values: list[int]) -> None:
    assert p_of([value / 9 for value in values]) == pytest.approx(enumerated_p(values))


def test_the_p_of_darwins_maize_is_the_published_one() -> None:
    # Darwin's 15 pairs in eighths of an inch, Fisher 1935, The Design of Experiments, sec. 17; the
    # exact p is in the documentation of scipy.stats.wilcoxon.
    pairs = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert p_of([float(value) for value in pairs]) == pytest.approx(0.041259765625)


def test_without_ties_and_zeros_it_is_scipys_exact_p() -> None:
    values = [(-1.0) ** (i % 3 == 0) * (i + 1) for i in range(30)]
    expected = wilcoxon(values, method="exact").pvalue
    assert p_of(values) == pytest.approx(expected)


def test_many_tied_differences_have_the_normal_approximation() -> None:
    values = [1 / 9] * 60 + [-2 / 9] * 20 + [0.0] * 20
    whole = [round(9 * value) for value in values]
    expected = wilcoxon(whole, zero_method="pratt", method="asymptotic").pvalue
    assert p_of(values) == pytest.approx(expected)


def test_the_approximation_is_near_what_sign_changes_give() -> None:
    rng = np.random.default_rng(5)
    values = rng.integers(-3, 5, 40)
    ranks = (rankdata(np.abs(values)) * np.sign(values))[values != 0]
    signs = rng.choice((-1, 1), (100_000, len(ranks)))
    share = np.mean(np.abs(signs @ ranks) >= abs(ranks.sum()) - 1e-9)
    assert p_of((values / 9).tolist()) == pytest.approx(share, abs=0.01)


def test_equal_differences_of_ratings_are_ties_though_their_floats_differ() -> None:
    by_hand = [5 / 9 - 4 / 9, 2 / 9 - 1 / 9, 1 / 9 - 2 / 9]
    assert len({abs(value) for value in by_hand}) > 1
    assert p_of(by_hand) == p_of([1.0, 1.0, -1.0])


def test_zeros_are_ranked_before_they_are_left_out() -> None:
    # |d| = 0, 0, 1, 2, 3: ranks 3, 4, 5. Of 8 sums, 3 - 4 + 5 = 4 is reached by +-4, +-6, +-12:
    # 3 + 4 - 5 = 2 is not. Were the zeros dropped first, 1 - 2 + 3 = 2 would be reached by 6 too.
    assert p_of([0.0, 0.0, 1.0, -2.0, 3.0]) == pytest.approx(6 / 8)


def test_models_that_never_differ_have_p_1() -> None:
    assert p_of([0.0, 0.0]) == 1.0
    assert p_of([0.0, 0.5]) == 1.0
