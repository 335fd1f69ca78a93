import numpy as np
import pytest
from scipy.stats import binomtest

from codepref.statistics.intervals import bootstrap_interval, wilson_interval


def test_wilson_gives_the_published_interval_of_81_in_263() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    low, high = wilson_interval(81 / 263, 263, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_wilson_gives_the_published_interval_of_0_in_20() -> None:
    # Newcombe 1998, the same table.
    low, high = wilson_interval(0, 20, 0.95)
    assert (round(low, 4), round(high, 4)) == (0.0, 0.1611)


@pytest.mark.parametrize(("passed", "n"), [(0, 7), (3, 7), (10, 164), (164, 164)])
def test_wilson_agrees_with_scipy(passed: int, n: int) -> None:
    expected = binomtest(passed, n).proportion_ci(0.9, "wilson")
    assert wilson_interval(passed / n, n, 0.9) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("rate", "n", "confidence"), [(1.1, 3, 0.9), (0.5, 0, 0.9), (0.5, 3, 1)])
def test_wilson_refuses_arguments_out_of_bounds(rate: float, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="Wilson"):
        wilson_interval(rate, n, confidence)


def test_the_bootstrap_of_a_rate_has_the_quantiles_of_a_binomial() -> None:
    # Resampling 40 values of which 10 are 1 draws Binomial(40, 1/4) ones: 5 and 16 are its 2.5 %
    # and 97.5 % quantiles (scipy.stats.binom(40, 0.25).ppf).
    values = np.array([1.0] * 10 + [0.0] * 30)
    low, high = bootstrap_interval(values, confidence=0.95, resamples=20_000, seed=1)
    assert (low, high) == pytest.approx((5 / 40, 16 / 40), abs=1e-9)


def test_the_bootstrap_knows_every_value_however_few_tasks_have_it() -> None:
    # All of 3 distinct values, drawn 3 times: the lowest mean is the lowest value, 1 in 27 draws.
    values = np.array([-1.0, 0.0, 2.0])
    low, high = bootstrap_interval(values, confidence=0.98, resamples=20_000, seed=1)
    assert (low, high) == pytest.approx((-1.0, 2.0))


def test_one_seed_gives_one_interval() -> None:
    values = np.linspace(0, 1, 17)
    first, again = (
        bootstrap_interval(values, confidence=0.9, resamples=100, seed=5) for _ in range(2)
    )
    assert first == again


def test_equal_values_give_an_interval_without_width() -> None:
    assert bootstrap_interval(np.zeros(9), confidence=0.9, resamples=10, seed=0) == (0, 0)


def test_the_bootstrap_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="flat array of values"):
        bootstrap_interval(np.array([]), confidence=0.9, resamples=10, seed=0)
