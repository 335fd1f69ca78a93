"""Closed-form margins of the best-of-n policy."""

import itertools
import math
import random
from statistics import fmean

import pytest

from codepref.alignment.targets import (
    bonbon_beta,
    bonbon_target,
    discrete_target,
    smoothed_chances,
)


def test_beta_for_best_of_8_is_the_published_value() -> None:
    """1 / (2 * 7 * (1 + 1/2 + ... + 1/7)), as in the training command of the authors' README."""
    assert bonbon_beta(8) == pytest.approx(0.0275482094, abs=5e-11)


def test_the_target_is_the_mean_log_ratio_gap_of_best_over_worst() -> None:
    """Under best-of-n, log pi_n / pi_0 = (n-1) log u for a sample of rank u: here n = 4."""
    rng = random.Random(0)
    gaps = []
    for _ in range(40_000):
        ranks = [rng.random() for _ in range(4)]
        gaps.append(3 * (math.log(max(ranks)) - math.log(min(ranks))))
    assert fmean(gaps) == pytest.approx(bonbon_target(4), abs=0.1)
    assert bonbon_target(4) == pytest.approx(3 * (1 + 1 / 2 + 1 / 3))


def test_a_single_sample_leaves_no_pair() -> None:
    with pytest.raises(ValueError, match="n >= 2, got n=1"):
        bonbon_target(1)


@pytest.mark.parametrize(("p", "n"), [(0.5, 2), (0.25, 8), (0.9, 8)])
def test_the_discrete_target_is_the_log_ratio_of_enumerated_chances(p: float, n: int) -> None:
    """The kept sample fails only if all n do; a passing answer gets the rest, spread evenly."""
    all_fail = math.prod([1 - p] * n)
    passing_gain, failing_gain = (1 - all_fail) / p, all_fail / (1 - p)
    expected = math.log(passing_gain / failing_gain)
    assert discrete_target([1 - p, p], 1, 0, n) == pytest.approx(expected)


def test_the_discrete_target_of_three_levels_is_that_of_all_samples_written_out() -> None:
    """Every triple of levels with its chance; of the best ones one is kept at random."""
    chances, n = [0.5, 0.3, 0.2], 3
    kept = [0.0, 0.0, 0.0]
    for levels in itertools.product(range(3), repeat=n):
        kept[max(levels)] += math.prod(chances[level] for level in levels)
    gains = [math.log(k / p) for k, p in zip(kept, chances, strict=True)]
    for chosen, rejected in ((1, 0), (2, 0), (2, 1)):
        expected = gains[chosen] - gains[rejected]
        assert discrete_target(chances, chosen, rejected, n) == pytest.approx(expected)


def test_very_many_levels_come_near_the_target_of_continuous_rewards() -> None:
    """The mean gap over pairs of best and worst of n, each level drawn by its chance."""
    rng, n, levels = random.Random(0), 4, 400
    chances = [1 / levels] * levels
    gaps = []
    for _ in range(4000):
        drawn = sorted(rng.randrange(levels) for _ in range(n))
        if drawn[0] < drawn[-1]:
            gaps.append(discrete_target(chances, drawn[-1], drawn[0], n))
    assert fmean(gaps) == pytest.approx(bonbon_target(n), abs=0.3)


@pytest.mark.parametrize(
    ("chances", "chosen", "rejected"),
    [([0.0, 1.0], 1, 0), ([0.5, 0.4], 1, 0), ([0.5, 0.5], 0, 1), ([0.5, 0.5], 1, 1)],
)
def test_the_discrete_target_needs_chances_and_a_better_level(
    chances: list[float], chosen: int, rejected: int
) -> None:
    with pytest.raises(ValueError, match="needs chances > 0 with sum 1, and a rejected level"):
        discrete_target(chances, chosen, rejected, 8)


def test_smoothed_chances_are_never_0_and_sum_to_1() -> None:
    assert smoothed_chances([8, 0]) == pytest.approx([17 / 18, 1 / 18])
    assert smoothed_chances([1, 0, 2]) == pytest.approx([1.5 / 4.5, 0.5 / 4.5, 2.5 / 4.5])
