"""Margins that the best-of-n policy has over its reference, in closed form."""

import math
from collections.abc import Sequence

SUM_TOLERANCE = 1e-9


def harmonic(m: int) -> float:
    """H_m = 1 + 1/2 + ... + 1/m; 0 for m = 0."""
    return math.fsum(1 / k for k in range(1, m + 1))


def bonbon_beta(n: int) -> float:
    """beta_n = 1 / (2 (n - 1) H_{n-1}), at which IPO on best and worst of n gives best-of-n.

    Source: Gui et al. 2024, arXiv:2406.00832, eq. 4.3. Holds for log-probabilities summed over
    the completion.

    Raises:
        ValueError: n < 2, which leaves no pair.
    """
    return 1 / (2 * bonbon_target(n))


def bonbon_target(n: int) -> float:
    """Margin 1 / (2 beta_n) = (n - 1) H_{n-1} asked of best over worst of n, in nats.

    Raises:
        ValueError: n < 2, which leaves no pair.
    """
    if n < 2:
        raise ValueError(f"best-of-n pairs need n >= 2, got n={n}")
    return (n - 1) * harmonic(n - 1)


def discrete_target(chances: Sequence[float], chosen: int, rejected: int, n: int) -> float:
    """Margin of one reward level over another under best-of-n with discrete rewards, in nats.

    Best-of-n keeps a sample of level i with chance F_i^n - F_{i-1}^n, where F_i is the chance of
    level i or lower, spread evenly over the samples of that level; the margin is the difference of
    log((F_i^n - F_{i-1}^n) / p_i) between the two. For pass/fail rewards at pass rate p it is
    log((1 - (1 - p)^n) / p) - (n - 1) log(1 - p). The paper's target is for continuous rewards and
    asks for several times as much where few samples pass.

    Args:
        chances: p_i, the chance of each reward level, ascending in reward; each > 0, sum 1.
        chosen: level of the chosen side, by position in chances.
        rejected: that of the rejected side.
        n: samples of which the best is kept, at least 2.

    Raises:
        ValueError: a bound is broken.
    """
    in_range = 0 <= rejected < chosen < len(chances)
    if not (in_range and min(chances) > 0 and abs(math.fsum(chances) - 1) < SUM_TOLERANCE):
        raise ValueError(
            "needs chances > 0 with sum 1, and a rejected level below the chosen one, got "
            f"{list(chances)}, chosen {chosen}, rejected {rejected}"
        )
    if n < 2:
        raise ValueError(f"best-of-n pairs need n >= 2, got n={n}")
    return _log_gain(chances, chosen, n) - _log_gain(chances, rejected, n)


def smoothed_chances(counts: Sequence[int]) -> list[float]:
    """Chance of each reward level, (count + 1/2) / (all + levels / 2): never 0.

    Jeffreys' prior for a multinomial; with two levels the pass rate is (passed + 1/2) / (all + 1).
    """
    total = sum(counts) + len(counts) / 2
    return [(count + 0.5) / total for count in counts]


def _log_gain(chances: Sequence[float], level: int, n: int) -> float:
    """Log pi_n / pi_0 of a sample of a level, without cancellation where the level is rare."""
    here, below = chances[level], math.fsum(chances[:level])
    if not below:
        return (n - 1) * math.log(here)
    kept = -math.expm1(-n * math.log1p(here / below))  # 1 - (F_{i-1} / F_i)^n
    return n * math.log(below + here) + math.log(kept) - math.log(here)
