"""How much lengths alone tell of which side is chosen."""

import itertools
import math

import numpy as np
import pytest

from codepref.audit.lengths import Rule, best_rule, ratio_hits, rule_hits, sign_hits


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("chosen", "rejected", "hits"),
    [
        ((9, 9, 9, 1), (1, 1, 1, 9), 3),  # the longer one
        ((1, 1, 1, 9), (9, 9, 9, 1), 3),  # the shorter one
        ((5, 5, 5, 5), (5, 5, 5, 5), 2),  # equal lengths tell nothing
        ((9, 5, 5, 5), (1, 5, 5, 5), 2.5),
        ((9,), (1,), 1),
        ((), (), 0),
    ],
)
def test_the_sign_of_the_difference_gets_these_right(
    chosen: tuple[float, ...], rejected: tuple[float, ...], hits: float
) -> None:
    assert sign_hits(floats(*chosen), floats(*rejected)) == hits


def test_the_best_rule_is_at_least_as_good_as_every_rule() -> None:
    """All limits that differ on three sizes, with both directions, on every choice of signs."""
    limits = (0.0, 1.0, 2.0, 3.0, math.inf)
    for signs in itertools.product((-1, 1), repeat=3):
        ratios = floats(*(sign * size for sign, size in zip(signs, (1, 2, 3), strict=True)))
        rules = [Rule(limit, flipped) for limit in limits for flipped in (False, True)]
        assert rule_hits(ratios, best_rule(ratios)) == max(rule_hits(ratios, r) for r in rules)


def test_a_rule_that_is_learnt_in_one_half_is_judged_in_the_other() -> None:
    # A little longer is chosen, much longer is not: the sign gets half, a limit gets all.
    ratios = floats(0.1, 0.2, -2.0, -3.0, 0.1, 0.2, -2.0, -3.0)
    folds = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert ratio_hits(ratios, folds) == 8


def test_one_direction_for_all_lengths_is_the_simplest_of_equal_rules() -> None:
    assert best_rule(floats(1, 2, 3)) == Rule(math.inf, flipped=False)
    assert best_rule(floats(-1, -2, -3)) == Rule(math.inf, flipped=True)
    assert best_rule(floats()) == Rule(math.inf, flipped=False)


def test_a_rule_learnt_from_the_reverse_gets_nothing_right() -> None:
    assert ratio_hits(floats(1, 1, -1, -1), np.array([0, 0, 1, 1])) == 0


def test_equal_lengths_get_half_right_in_every_fold() -> None:
    assert ratio_hits(np.zeros(6), np.array([0, 1, 2, 0, 1, 2])) == 3
