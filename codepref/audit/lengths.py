"""How well the lengths of two answers alone tell which one is chosen. Pure functions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Rule(NamedTuple):
    """Names the longer answer where |log ratio| < limit, else the shorter; the reverse if flipped.

    Swapping the two answers swaps what it says.
    """

    limit: float
    flipped: bool


def sign_hits(chosen: Floats, rejected: Floats) -> float:
    """Pairs that "the longer one", or "the shorter one" if better, gets right; ties half.

    Args:
        chosen: lengths of the chosen sides, at least 0. Shape (pairs,).
        rejected: those of the rejected sides. Shape (pairs,).
    """
    longer = float(np.sum(chosen > rejected)) + float(np.sum(chosen == rejected)) / 2
    return max(longer, len(chosen) - longer)


def ratio_hits(log_ratios: Floats, folds: NDArray[np.int64]) -> float:
    """Pairs that the best rule of the other folds gets right; ties half.

    Args:
        log_ratios: log of chosen over rejected length. Shape (pairs,).
        folds: of each pair. Shape (pairs,).
    """
    hits = 0.0
    for fold in np.unique(folds):
        held_out = folds == fold
        rule = best_rule(log_ratios[~held_out])
        hits += rule_hits(log_ratios[held_out], rule)
    return hits


def best_rule(log_ratios: Floats) -> Rule:
    """Give the rule with most pairs right, among equals the one with the largest limit.

    So one direction for all lengths goes before a limit that is no better. Of no pairs it
    is "the longer one". Cost: a sort.
    """
    sizes, signs = np.abs(log_ratios), np.sign(log_ratios)
    order = np.argsort(sizes, kind="stable")
    limits, first = np.unique(sizes[order], return_index=True)
    below = np.concatenate([[0.0], np.cumsum(signs[order])])
    limits = np.append(limits, np.inf)
    # Signs below the limit count for "the longer one", the others against it.
    scores = 2 * below[np.append(first, len(order))] - below[-1]
    best = len(scores) - 1 - int(np.argmax(np.abs(scores)[::-1]))
    return Rule(float(limits[best]), bool(scores[best] < 0))


def rule_hits(log_ratios: Floats, rule: Rule) -> float:
    """Pairs that a rule gets right; ties half."""
    signs = np.where(np.abs(log_ratios) < rule.limit, 1.0, -1.0) * np.sign(log_ratios)
    if rule.flipped:
        signs = -signs
    return float(np.sum(signs > 0) + np.sum(signs == 0) / 2)
