"""Closed-form margins of the best-of-n policy."""

import math
import random
from statistics import fmean

import pytest

from codepref.alignment.targets import bonbon_beta, bonbon_target, discrete_target, shrunk_rate


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
    assert discrete_target(p, n) == pytest.approx(math.log(passing_gain / failing_gain))


def test_the_discrete_target_needs_a_rate_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="0 < pass_rate < 1"):
        discrete_target(1.0, 8)


def test_a_shrunk_rate_is_never_0_or_1() -> None:
    assert shrunk_rate(0, 8) == pytest.approx(1 / 18)
    assert shrunk_rate(8, 8) == pytest.approx(17 / 18)
