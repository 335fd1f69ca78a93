import pytest

from codepref.errors import DataError
from codepref.statistics.config import BootstrapConfig
from codepref.statistics.paired import (
    Discordant,
    difference_of_gains,
    discordant,
    exact_p,
    gains,
    mean_difference,
    permutation_p,
)

CONFIG = BootstrapConfig(confidence=0.95, resamples=20_000, seed=3)


def test_the_exact_p_is_the_published_one() -> None:
    # Bentur et al. 2009 as analysed by Fagerland, Lydersen & Laake 2013 (BMC Med Res Methodol
    # 13:91), tables 1 and 3: 1 and 7 discordant children, exact conditional p = 0.0703.
    assert exact_p(Discordant(only_baseline=1, only_aligned=7)) == pytest.approx(0.0703, abs=5e-5)


def test_the_exact_p_is_twice_the_smaller_binomial_tail() -> None:
    # b = 2, c = 6: 2 * (1 + 8 + 28) / 2**8.
    assert exact_p(Discordant(2, 6)) == pytest.approx(2 * 37 / 256)


def test_models_that_never_differ_have_p_1() -> None:
    assert exact_p(Discordant(0, 0)) == 1.0


def test_a_gain_is_aligned_minus_baseline() -> None:
    assert gains({"a": 0.25, "b": 1.0}, {"b": 0.0, "a": 1.0}) == {"a": 0.75, "b": -1.0}


def test_scores_of_other_tasks_are_not_paired() -> None:
    with pytest.raises(DataError, match="1 of them in one only"):
        gains({"a": 1.0, "b": 1.0}, {"a": 1.0})


def test_scores_of_no_tasks_are_not_paired() -> None:
    with pytest.raises(DataError, match="0 and 0 tasks"):
        gains({}, {})


def test_discordant_tasks_are_counted_each_way() -> None:
    assert discordant({"a": -1.0, "b": 0.0, "c": 0.5, "d": 1.0}) == Discordant(1, 2)


def test_the_interval_of_a_paired_difference_is_narrower_than_the_unpaired_ones() -> None:
    # 50 tasks, one gained: the mean is 0.02 and a resample holds the gain at most a few times,
    # however widely the tasks themselves vary.
    differences = {f"{i}": float(i == 0) for i in range(50)}
    difference = mean_difference(differences, CONFIG)
    assert difference.mean == pytest.approx(0.02)
    # Binomial(50, 1/50): quantiles 0 and 3.
    assert (difference.low, difference.high) == pytest.approx((0.0, 3 / 50))


def test_the_difference_of_gains_pairs_tasks() -> None:
    # Each task gains 0.5 more on the first pathway, so the difference has no spread at all.
    first = {"a": 1.0, "b": 0.5, "c": 0.0}
    second = {"a": 0.5, "b": 0.0, "c": -0.5}
    assert difference_of_gains(first, second, CONFIG) == pytest.approx((0.5, 0.5, 0.5))


def numbered(values: list[float]) -> dict[str, float]:
    return {str(i): value for i, value in enumerate(values)}


def test_the_permutation_p_of_single_samples_is_mcnemars() -> None:
    differences = numbered([1.0] * 6 + [-1.0] * 2 + [0.0] * 50)
    assert permutation_p(differences, CONFIG) == pytest.approx(exact_p(Discordant(2, 6)))


def test_the_permutation_p_counts_the_sign_changes_that_reach_as_far() -> None:
    # Of the 8 signings of 0.5, 0.25, 0.125 the sum reaches 0.625 both ways: +++, ++-, +-+ give
    # 0.875, 0.625, 0.375, so two on each side.
    differences = numbered([0.5, 0.25, -0.125, 0.0])
    assert permutation_p(differences, CONFIG) == pytest.approx(4 / 8)


def test_more_swaps_than_resamples_are_drawn_by_seed() -> None:
    differences = numbered([1.0] * 20 + [-1.0] * 10)
    found = permutation_p(differences, CONFIG)
    assert found == permutation_p(differences, CONFIG)
    assert found == pytest.approx(exact_p(Discordant(10, 20)), abs=0.01)


def test_models_that_never_differ_have_permutation_p_1() -> None:
    assert permutation_p(numbered([0.0, 0.0]), CONFIG) == 1.0
