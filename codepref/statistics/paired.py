"""Two models on the same tasks: differences and exact tests."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, permutation_test, rankdata, wilcoxon

from codepref.errors import DataError
from codepref.statistics.config import BootstrapConfig
from codepref.statistics.intervals import bootstrap_interval

DIGITS = 12  # of a difference: 5/9 - 4/9 and 2/9 - 1/9 are not equal as floats


class Difference(NamedTuple):
    """A mean over tasks with its interval."""

    mean: float
    low: float
    high: float


class Discordant(NamedTuple):
    """Tasks on which two models differ."""

    only_baseline: int
    only_aligned: int


def gains(baseline: Mapping[str, float], aligned: Mapping[str, float]) -> dict[str, float]:
    """Pass rate of aligned minus that of baseline for each task, in order of task id.

    Raises:
        DataError: the two were not scored on the same tasks.
    """
    require_same_tasks(baseline, aligned)
    return {task_id: aligned[task_id] - baseline[task_id] for task_id in sorted(baseline)}


def require_same_tasks(
    some: Mapping[str, float | None], others: Mapping[str, float | None]
) -> None:
    """Refuse to pair scores of different tasks.

    Raises:
        DataError: a task is in one only, or there is none at all.
    """
    differing = sorted(set(some) ^ set(others))
    if differing or not some:
        raise DataError(
            f"scores to pair have {len(some)} and {len(others)} tasks, {len(differing)} of them in "
            f"one only (first: {differing[:1]}); run sample_benchmark and score_benchmark again"
        )


def mean_difference(differences: Mapping[str, float], config: BootstrapConfig) -> Difference:
    """Mean of the tasks' differences, with a bootstrap interval over tasks."""
    values = _values(differences)
    interval = bootstrap_interval(
        values, confidence=config.confidence, resamples=config.resamples, seed=config.seed
    )
    return Difference(float(values.mean()), interval.low, interval.high)


def difference_of_gains(
    first: Mapping[str, float], second: Mapping[str, float], config: BootstrapConfig
) -> Difference:
    """Mean of first minus second, the gains of two pathways, tasks paired.

    Raises:
        DataError: the two pathways were not scored on the same tasks.
    """
    return mean_difference(gains(second, first), config)


def discordant(differences: Mapping[str, float]) -> Discordant:
    """Count the tasks that only the baseline, or only the aligned model, does better."""
    values = _values(differences)
    return Discordant(int((values < 0).sum()), int((values > 0).sum()))


def exact_p(counts: Discordant) -> float:
    """Two-sided exact p that both models are as likely to win a task on which they differ.

    McNemar's test with binomial probabilities where each task has one sample; with more samples a
    task goes to the model with the higher rate, which is the sign test. 1 if they never differ.
    Source: Fagerland, Lydersen & Laake 2013, BMC Med Res Methodol 13:91, "exact conditional".
    """
    n = counts.only_baseline + counts.only_aligned
    return float(binomtest(counts.only_baseline, n, 0.5).pvalue) if n else 1.0


def permutation_p(differences: Mapping[str, float], config: BootstrapConfig) -> float:
    """Two-sided p of the mean difference when the two models of a task may be swapped at will.

    Exact where all swaps are fewer than config.resamples, else of so many drawn ones. With one
    sample a task it is McNemar's exact p; with several it also weighs how far the rates differ.
    Source: Fisher 1935, The Design of Experiments, sec. 21; Good 2005, Permutation Tests, ch. 3.
    """
    values = _values(differences)
    return _swapping_p(values[values != 0], config)  # equal ones stay so when swapped


def wilcoxon_p(differences: Mapping[str, float], config: BootstrapConfig) -> float:
    """Two-sided p of Wilcoxon's signed-rank test: are the tasks' differences centred on 0?

    Tasks without a difference take the lowest ranks and are then left out (Pratt's rule), and ties
    have their mean rank. Exact where all swaps are at most config.resamples, or where up to 50
    tasks have no ties and no zeros; else by the normal approximation with ties corrected for.
    Source: Wilcoxon 1945, Biometrics Bulletin 1, p. 80; Pratt 1959, JASA 54, p. 655.
    """
    values = _values(differences)
    moved = values != 0
    if moved.sum() < 2:
        return 1.0
    if 2 ** int(moved.sum()) <= config.resamples:
        ranks = rankdata(np.abs(values)) * np.sign(values)
        return _swapping_p(ranks[moved], config)
    return float(wilcoxon(values, zero_method="pratt", correction=False, method="auto").pvalue)


def _swapping_p(moved: NDArray[np.float64], config: BootstrapConfig) -> float:
    """Two-sided p of the mean of values, none 0, whose signs may change at will."""
    if len(moved) < 2:  # both signs of one value reach as far
        return 1.0
    found = permutation_test(
        (moved,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=config.resamples,
        rng=np.random.default_rng(config.seed),
    )
    return float(min(1.0, found.pvalue))


def _values(differences: Mapping[str, float]) -> NDArray[np.float64]:
    found = np.array([differences[task_id] for task_id in sorted(differences)], dtype=np.float64)
    return found.round(DIGITS)
