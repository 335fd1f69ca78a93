"""Intervals of a rate and of a mean."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Interval(NamedTuple):
    """Both ends of a confidence interval."""

    low: float
    high: float


def wilson_interval(rate: float, n: int, confidence: float) -> Interval:
    """Wilson's score interval of a rate seen in n trials. Source: Wilson 1927, JASA 22, p. 209.

    A rate may be the mean of n values in [0, 1], one for each task: such values vary no more than
    single trials of the same mean do, so the interval is then too wide rather than too narrow.

    Raises:
        ValueError: the rate or the confidence is outside its bounds, or n < 1.
    """
    if not (0 <= rate <= 1 and n >= 1 and 0 < confidence < 1):
        raise ValueError(
            "Wilson's interval needs 0 <= rate <= 1, n >= 1 and 0 < confidence < 1, "
            f"got rate={rate}, n={n}, confidence={confidence}"
        )
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def bootstrap_interval(
    values: NDArray[np.float64], *, confidence: float, resamples: int, seed: int
) -> Interval:
    """Percentile bootstrap interval of the mean: values are drawn with replacement.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13. Where all values are
    equal both ends are that value: the resamples know of no other.

    Args:
        values: one value for each task. Shape (tasks,).
        confidence: share of resampled means inside, in (0, 1).
        resamples: means drawn, >= 1.
        seed: of the draws; the same seed gives the same interval.

    Raises:
        ValueError: there are no values, or an argument is outside its bounds.
    """
    if values.ndim != 1 or not len(values) or resamples < 1 or not 0 < confidence < 1:
        raise ValueError(
            "a bootstrap needs a flat array of values, resamples >= 1 and 0 < confidence < 1, got "
            f"shape {values.shape}, resamples={resamples}, confidence={confidence}"
        )
    distinct, counts = np.unique(values, return_counts=True)
    # How often each distinct value is drawn is multinomial: far fewer draws than one per task.
    drawn = np.random.default_rng(seed).multinomial(
        len(values), counts / len(values), size=resamples
    )
    means = drawn @ distinct / len(values)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))
