"""How far two passes of a judge, or two judges, agree."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codepref.statistics.config import BootstrapConfig


class Agreement(NamedTuple):
    """Cohen's kappa with quadratic weights, and its bootstrap interval over items."""

    kappa: float
    low: float
    high: float


def weighted_kappa(
    first: Sequence[int], second: Sequence[int], *, lowest: int, highest: int
) -> float | None:
    """Cohen's kappa with quadratic weights of two ratings of the same items; None for none.

    1 - sum(w o) / sum(w e) with w the squared distance of two ratings, o how often the two fall
    together and e how often they would by chance. Where both gave every item one and the same
    rating there is nothing to agree on beyond chance: None.
    Source: Cohen 1968, Psychological Bulletin 70, p. 213.

    Args:
        first: ratings of the items.
        second: ratings of the same items in the same order.
        lowest: end of the scale.
        highest: its other end.

    Raises:
        ValueError: the two have other lengths, or a rating is off the scale.
    """
    table = _table(first, second, lowest, highest)
    return _kappa(table)


def agreement(
    first: Sequence[int],
    second: Sequence[int],
    *,
    lowest: int,
    highest: int,
    config: BootstrapConfig,
) -> Agreement | None:
    """Give the kappa with a percentile bootstrap interval over items; None where there is none.

    Resamples in which both give one and the same rating throughout have no kappa and are left out.
    """
    kappa = weighted_kappa(first, second, lowest=lowest, highest=highest)
    if kappa is None:
        return None
    pairs = np.array([first, second])
    rng = np.random.default_rng(config.seed)
    drawn = []
    for _ in range(config.resamples):
        some = pairs[:, rng.integers(0, pairs.shape[1], pairs.shape[1])]
        found = _kappa(_table(some[0].tolist(), some[1].tolist(), lowest, highest))
        if found is not None:
            drawn.append(found)
    low, high = np.quantile(drawn, [(1 - config.confidence) / 2, (1 + config.confidence) / 2])
    return Agreement(kappa, float(low), float(high))


def _table(
    first: Sequence[int], second: Sequence[int], lowest: int, highest: int
) -> NDArray[np.float64]:
    off = [value for value in (*first, *second) if not lowest <= value <= highest]
    if len(first) != len(second) or off:
        raise ValueError(
            f"expected two ratings of each item from {lowest} to {highest}, got {len(first)} and "
            f"{len(second)}, {len(off)} off the scale"
        )
    size = highest - lowest + 1
    table = np.zeros((size, size))
    np.add.at(table, (np.array(first, int) - lowest, np.array(second, int) - lowest), 1)
    return table


def _kappa(table: NDArray[np.float64]) -> float | None:
    n = table.sum()
    if not n:
        return None
    places = np.arange(len(table))
    weights = (places[:, None] - places[None, :]) ** 2
    expected = np.outer(table.sum(1), table.sum(0)) / n
    chance = float((weights * expected).sum())
    return 1 - float((weights * table).sum()) / chance if chance else None
