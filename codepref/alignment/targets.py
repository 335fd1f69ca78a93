"""Margins that the best-of-n policy has over its reference, in closed form."""

import math


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


def discrete_target(pass_rate: float, n: int) -> float:
    """Margin of a passing over a failing completion under best-of-n with a pass/fail reward.

    log((1 - (1 - p)^n) / p) - (n - 1) log(1 - p), in nats, ties broken evenly. The paper's target
    is for continuous rewards and asks for several times as much where p is small.

    Args:
        pass_rate: p, the chance that a sample passes, strictly between 0 and 1.
        n: samples of which the best is kept, at least 2.

    Raises:
        ValueError: a bound is broken.
    """
    if not (0 < pass_rate < 1 and n >= 2):
        raise ValueError(f"needs 0 < pass_rate < 1 and n >= 2, got {pass_rate} and {n}")
    log_fail = math.log1p(-pass_rate)
    return math.log(-math.expm1(n * log_fail) / pass_rate) - (n - 1) * log_fail


def shrunk_rate(passed: int, samples: int) -> float:
    """Pass rate (passed + 1/2) / (samples + 1), never 0 or 1 (Jeffreys' prior mean)."""
    return (passed + 0.5) / (samples + 1)
