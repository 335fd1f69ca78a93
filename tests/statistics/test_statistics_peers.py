"""Our functions beside those of scipy, statsmodels and EvalPlus."""

from statistics import NormalDist

import numpy as np
import pytest
from evalplus.eval import estimate_pass_at_k
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from codepref.statistics.config import BootstrapConfig
from codepref.statistics.intervals import bootstrap_interval, wilson_interval
from codepref.statistics.paired import (
    Discordant,
    difference_of_gains,
    exact_p,
    mean_difference,
    permutation_p,
)
from codepref.statistics.pass_at_k import pass_at_k
from codepref.statistics.power import detectable_difference

CONFIG = BootstrapConfig(confidence=0.95, resamples=20_000, seed=3)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilsons_interval_is_statsmodels(passed: int, more: int, confidence: float) -> None:
    n = passed + more
    expected = proportion_confint(passed, n, alpha=1 - confidence, method="wilson")
    found = wilson_interval(passed / n, n, confidence)
    assert found == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_exact_p_is_statsmodels_mcnemar(one: int, other: int) -> None:
    expected = mcnemar([[5, one], [other, 7]], exact=True).pvalue if one + other else 1.0
    assert exact_p(Discordant(one, other)) == pytest.approx(expected)


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_pass_at_k_is_evalplus(n: int, c: int, k: int) -> None:
    c, k = min(c, n), min(k, n)  # for n < k EvalPlus says 1
    (expected,) = estimate_pass_at_k(n, [c], k)
    assert pass_at_k(n, c, k) == pytest.approx(expected)


def clustered(tasks: int, samples: int) -> np.ndarray:
    """Give passes of tasks that are easy or hard: samples of one task are alike."""
    rng = np.random.default_rng(11)
    chance = rng.beta(0.4, 0.6, tasks)
    return (rng.random((tasks, samples)) < chance[:, None]).astype(float)


def test_the_bootstrap_of_several_samples_draws_whole_tasks() -> None:
    """Task numbers are drawn, and with each one all of its samples."""
    passes = clustered(40, 8)
    rng = np.random.default_rng(0)
    means = [passes[rng.integers(0, 40, 40)].mean() for _ in range(20_000)]
    found = bootstrap_interval(passes.mean(axis=1), confidence=0.95, resamples=20_000, seed=1)
    assert found == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.006)
    alone = bootstrap_interval(passes.ravel(), confidence=0.95, resamples=20_000, seed=1)
    assert found.high - found.low > 1.5 * (alone.high - alone.low)


def test_the_bootstrap_is_scipys() -> None:
    rates = clustered(40, 8).mean(axis=1)
    rng = np.random.default_rng(0)
    expected = bootstrap(
        (rates,), np.mean, n_resamples=20_000, method="percentile", rng=rng
    ).confidence_interval
    found = bootstrap_interval(rates, confidence=0.95, resamples=20_000, seed=1)
    assert found == pytest.approx((expected.low, expected.high), abs=0.006)


def test_the_paired_bootstrap_draws_the_tasks_of_both_models_together() -> None:
    first, second = clustered(40, 8).mean(axis=1), clustered(41, 8).mean(axis=1)[1:]
    rng = np.random.default_rng(0)
    places = rng.integers(0, 40, (20_000, 40))
    drawn = second[places].mean(axis=1) - first[places].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    found = mean_difference(numbered(second - first), CONFIG)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.008)


def test_the_difference_of_gains_draws_the_tasks_of_all_four_models_together() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random((4, 50)).round()  # both pathways' start and aligned model
    places = rng.integers(0, 50, (20_000, 50))
    drawn = scores[:, places].mean(axis=2)
    low, high = np.quantile((drawn[1] - drawn[0]) - (drawn[3] - drawn[2]), [0.025, 0.975])
    found = difference_of_gains(
        numbered(scores[1] - scores[0]), numbered(scores[3] - scores[2]), CONFIG
    )
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)


def test_the_permutation_p_is_scipys_for_swapped_models() -> None:
    first, second = clustered(9, 4).mean(axis=1), clustered(10, 4).mean(axis=1)[1:]

    def difference(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(b.mean(axis=axis) - a.mean(axis=axis))

    expected = permutation_test(
        (first, second), difference, permutation_type="samples", vectorized=True, n_resamples=10_000
    )
    assert permutation_p(numbered(second - first), CONFIG) == pytest.approx(expected.pvalue)


def test_the_detectable_difference_is_found_as_often_as_asked_in_a_simulation() -> None:
    """By McNemar's unconditional test, whose formula it is."""
    n, psi = 400, 0.2
    d = detectable_difference(n, psi, confidence=0.95, power=0.8)
    assert d is not None
    rng = np.random.default_rng(7)
    lost, won, _ = rng.multinomial(n, [(psi - d) / 2, (psi + d) / 2, 1 - psi], 20_000).T
    z = (won - lost) / np.sqrt(won + lost)
    power = np.mean(np.abs(z) >= NormalDist().inv_cdf(0.975))
    assert power == pytest.approx(0.8, abs=0.015)


def numbered(values: np.ndarray) -> dict[str, float]:
    return {f"{i:03}": float(value) for i, value in enumerate(values)}
