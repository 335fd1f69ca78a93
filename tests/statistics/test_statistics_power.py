from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from scipy.stats import binom, norm

from codepref.statistics.paired import Discordant, exact_p
from codepref.statistics.power import detectable_difference


def find(n_tasks: int, discordance: float, power: float = 0.8) -> float | None:
    return detectable_difference(n_tasks, discordance, confidence=0.95, power=power)


@pytest.mark.parametrize(("n", "psi", "power"), [(164, 0.2, 0.8), (378, 0.1, 0.9), (60, 0.5, 0.7)])
def test_the_difference_needs_just_as_many_tasks_by_connors_formula(
    n: int, psi: float, power: float
) -> None:
    d = find(n, psi, power)
    assert d is not None
    z_a, z_b = norm.ppf(0.975), norm.ppf(power)
    needed = (z_a * sqrt(psi) + z_b * sqrt(psi - d * d)) ** 2 / d**2
    assert needed == pytest.approx(n)


def test_the_exact_test_finds_it_about_as_often_as_asked() -> None:
    """The exact test is a little more careful than the formula's."""
    n, psi = 378, 0.2
    d = find(n, psi)
    assert d is not None
    win = (psi + d) / (2 * psi)  # chance that a task on which they differ goes to the better model
    discordant = np.arange(n + 1)
    found = [
        sum(
            binom.pmf(won, m, win)
            for won in range(m + 1)
            if exact_p(Discordant(m - won, won)) <= 0.05
        )
        if 40 <= m <= 115  # the rest has a chance of 1e-6
        else 0.0
        for m in discordant
    ]
    power = float((binom.pmf(discordant, n, psi) * found).sum())
    assert 0.74 < power < 0.81


def test_more_tasks_show_smaller_differences() -> None:
    found = [find(n, 0.2) for n in (60, 164, 378, 1000)]
    assert all(d is not None for d in found)
    assert all(a > b for a, b in pairwise(d for d in found if d is not None))


def test_where_no_difference_can_be_seen_there_is_none() -> None:
    """Of 20 tasks 4 differ: won all, 4 to 0 has p = 0.125."""
    assert find(20, 0.2) is None
    assert find(100, 0.0) is None


@pytest.mark.parametrize(("n", "psi", "power"), [(0, 0.1, 0.8), (9, 1.1, 0.8), (9, 0.1, 0.5)])
def test_arguments_out_of_bounds_are_refused(n: int, psi: float, power: float) -> None:
    with pytest.raises(ValueError, match="expected n_tasks >= 1"):
        find(n, psi, power)
