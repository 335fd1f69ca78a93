"""How far two passes of a judge, or two judges, agree."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codepref.statistics.config import BootstrapConfig

ROWS_AT_ONCE = 1000  # resamples in memory


class Scale(NamedTuple):
    """Whole-number ratings from lowest to highest, both included."""

    lowest: int
    highest: int


class Agreement(NamedTuple):
    """Cohen's kappa with quadratic weights, and its bootstrap interval.

    None where the ratings leave it undefined; for the ends, where every resample does.
    """

    kappa: float | None
    low: float | None
    high: float | None


def weighted_kappa(first: Sequence[int], second: Sequence[int], scale: Scale) -> float | None:
    """Cohen's kappa with quadratic weights of two ratings of the same items; None for none.

    1 - sum(w o) / sum(w e) with w the squared distance of two ratings, o how often the two fall
    together and e how often they would by chance. Where both gave every item one and the same
    rating there is nothing to agree on beyond chance: None.
    Source: Cohen 1968, Psychological Bulletin 70, p. 213.

    Args:
        first: ratings of the items.
        second: ratings of the same items in the same order.
        scale: that both use.

    Raises:
        ValueError: the two have other lengths, or a rating is off the scale.
    """
    tables = _tables(first, second, ["all"] * len(first), scale)
    return _number(_kappas(tables.sum(0, keepdims=True))[0])


def agreement(
    first: Sequence[int],
    second: Sequence[int],
    clusters: Sequence[str],
    scale: Scale,
    config: BootstrapConfig,
) -> Agreement:
    """Give the kappa with a percentile bootstrap interval over clusters of items.

    Answers to one task are alike, so tasks are drawn again and not answers. Resamples without a
    kappa are left out.

    Args:
        first: ratings of the items.
        second: ratings of the same items in the same order.
        clusters: what each item belongs to.
        scale: that both use.
        config: of the bootstrap.

    Raises:
        ValueError: see weighted_kappa; also, clusters has another length.
    """
    tables = _tables(first, second, clusters, scale)
    kappa = _number(_kappas(tables.sum(0, keepdims=True))[0])
    drawn = _resampled(tables, config)
    known = drawn[~np.isnan(drawn)]
    if kappa is None or not len(known):
        return Agreement(kappa, None, None)
    low, high = np.quantile(known, [(1 - config.confidence) / 2, (1 + config.confidence) / 2])
    return Agreement(kappa, float(low), float(high))


def _resampled(tables: NDArray[np.float64], config: BootstrapConfig) -> NDArray[np.float64]:
    """Kappas of clusters drawn with replacement. Shape (resamples,), NaN for none."""
    n, size = len(tables), tables.shape[-1]
    rng = np.random.default_rng(config.seed)
    flat = tables.reshape(n, size * size)
    found = []
    for first in range(0, config.resamples if n else 0, ROWS_AT_ONCE):
        rows = min(ROWS_AT_ONCE, config.resamples - first)
        times = rng.multinomial(n, np.full(n, 1 / n), size=rows)
        found.append(_kappas((times @ flat).reshape(rows, size, size)))
    return np.concatenate(found) if found else np.zeros(0)


def _tables(
    first: Sequence[int], second: Sequence[int], clusters: Sequence[str], scale: Scale
) -> NDArray[np.float64]:
    """Count pairs of ratings by cluster. Shape (clusters, ratings, ratings)."""
    lowest, highest = scale
    off = [value for value in (*first, *second) if not lowest <= value <= highest]
    if not len(first) == len(second) == len(clusters) or off:
        raise ValueError(
            f"expected two ratings of each item from {lowest} to {highest}, got {len(first)} and "
            f"{len(second)} of {len(clusters)}, {len(off)} off the scale"
        )
    size = highest - lowest + 1
    names, places = np.unique(np.array(clusters, str), return_inverse=True)
    tables = np.zeros((len(names), size, size))
    np.add.at(tables, (places, np.array(first, int) - lowest, np.array(second, int) - lowest), 1)
    return tables


def _kappas(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kappa of each table of counts. Shape (tables,), NaN for none."""
    places = np.arange(tables.shape[-1])
    weights = (places[:, None] - places[None, :]) ** 2
    n = tables.sum((1, 2))
    rows, columns = tables.sum(2), tables.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.einsum("ti,ij,tj->t", rows, weights, columns) / n
        kappas: NDArray[np.float64] = 1 - (weights * tables).sum((1, 2)) / chance
    return np.where(chance > 0, kappas, np.nan)


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
