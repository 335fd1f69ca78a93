"""Area under the ROC curve of a score, with an interval."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from codepref.statistics.config import BootstrapConfig
from codepref.statistics.intervals import Interval


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher; ties count half.

    Source: Hanley & McNeil 1982, Radiology 143, p. 29.

    Raises:
        ValueError: a side has no scores.
    """
    _require_both(positive, negative)
    return float(_auc(np.asarray(positive, float), np.asarray(negative, float)))


def auc_interval(
    positive: Sequence[float], negative: Sequence[float], config: BootstrapConfig
) -> Interval:
    """Percentile bootstrap interval: each side is drawn again with replacement, by itself.

    Raises:
        ValueError: a side has fewer than two scores.
    """
    if min(len(positive), len(negative)) < 2:
        raise ValueError("an interval of an AUC needs two scores or more on each side")
    found = bootstrap(
        (np.asarray(positive, float), np.asarray(negative, float)),
        _auc,
        n_resamples=config.resamples,
        confidence_level=config.confidence,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(config.seed),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))


def _auc(
    positive: NDArray[np.float64], negative: NDArray[np.float64], axis: int = -1
) -> NDArray[np.float64]:
    """AUC along the last axis of both."""
    del axis  # scipy always moves the samples to the last one
    difference = positive[..., :, None] - negative[..., None, :]
    wins: NDArray[np.float64] = (np.sign(difference) + 1) / 2
    return np.asarray(wins.mean(axis=(-1, -2)))


def _require_both(positive: Sequence[float], negative: Sequence[float]) -> None:
    if not (positive and negative):
        raise ValueError(
            f"an AUC needs scores on both sides, got {len(positive)} and {len(negative)}"
        )
