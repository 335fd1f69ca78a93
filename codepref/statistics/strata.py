"""A mean over groups that count alike, whatever their size, and its interval."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codepref.statistics.config import BootstrapConfig


class Estimate(NamedTuple):
    """A mean and both ends of its interval."""

    mean: float
    low: float
    high: float


def mean_of_means(groups: Sequence[NDArray[np.float64]], config: BootstrapConfig) -> Estimate:
    """Mean of the groups' means, with a percentile bootstrap interval.

    Values are drawn again within their group, since the groups are fixed and the values in them
    are not. Source: Davison & Hinkley 1997, Bootstrap Methods and their Application, sec. 3.2.

    Raises:
        ValueError: there is no group, or an empty one.
    """
    if not groups or not all(len(group) for group in groups):
        raise ValueError("expected groups with values, got none or an empty one")
    rng = np.random.default_rng(config.seed)
    drawn = [_resampled_means(group, config.resamples, rng) for group in groups]
    means = np.mean(drawn, axis=0)
    tails = [(1 - config.confidence) / 2, (1 + config.confidence) / 2]
    low, high = np.quantile(means, tails)
    return Estimate(float(np.mean([g.mean() for g in groups])), float(low), float(high))


def _resampled_means(
    values: NDArray[np.float64], resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Means of values drawn with replacement; as in intervals.bootstrap_interval."""
    distinct, counts = np.unique(values, return_counts=True)
    drawn = rng.multinomial(len(values), counts / len(values), size=resamples)
    means: NDArray[np.float64] = drawn @ distinct / len(values)
    return means
