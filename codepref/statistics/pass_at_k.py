"""pass@k: the chance that one of k samples is right."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class TaskCount(NamedTuple):
    """Samples of one task: how many there are, and how many passed."""

    n: int
    c: int


def pass_at_k(n: int, c: int, k: int) -> float | None:
    """Unbiased estimate of pass@k for one task: 1 - C(n - c, k) / C(n, k); None for n < k.

    The chance that k samples drawn without replacement from n hold at least one of the c that
    pass. Source: Chen et al. 2021, arXiv:2107.03374, eq. 1.

    Raises:
        ValueError: not 0 <= c <= n, or k < 1.
    """
    if not 0 <= c <= n or k < 1:
        raise ValueError(f"pass@k needs 0 <= c <= n and k >= 1, got n={n}, c={c}, k={k}")
    if n < k:
        return None
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def mean_pass_at_k(counts: Sequence[TaskCount], k: int) -> float | None:
    """Mean of pass@k over tasks; None if there is no task, or one has fewer than k samples."""
    estimates = [pass_at_k(count.n, count.c, k) for count in counts]
    known = [estimate for estimate in estimates if estimate is not None]
    if not known or len(known) < len(estimates):
        return None
    return math.fsum(known) / len(known)
