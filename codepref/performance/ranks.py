"""Differential performance: how fast correct programs are, next to references of known speed.

Source: Liu et al. 2024, "Evaluating Language Models for Efficient Code Generation",
arXiv:2408.06450 (EvalPerf), sec. 3.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple


class Rank(NamedTuple):
    """Where a program stands among the references of a task.

    Attributes:
        reference: position of the fastest reference that it is as fast as, slowest first; -1 where
            it is slower than all.
        dps: differential performance score, in [0, 100]: share of solutions that are no faster
            than that reference, in percent.
        dps_norm: the same by references alone, each weighing alike, in [0, 100].
    """

    reference: int
    dps: float
    dps_norm: float


SLOWEST = Rank(-1, 0.0, 0.0)


def rank(
    cost: float, references: Sequence[float], scores: Sequence[float], *, tolerance: float
) -> Rank:
    """Rank one program.

    The walk is from the last reference to the first, in the benchmark's order and not in that of
    the measured costs, and ends at the first that the program is as fast as: so it is in EvalPerf.

    Args:
        cost: of one call, in any unit.
        references: costs of the references in the same unit, in the benchmark's order, slowest
            first; inf for one that met the time limit, NaN for one that is not to be reached.
        scores: of the references, ascending, in percent.
        tolerance: share by which a cost may exceed a reference's and still be as fast; 0 for a
            counter without noise.

    Raises:
        ValueError: references and scores differ in number, or there are none.
    """
    if not references or len(references) != len(scores):
        raise ValueError(f"expected a score each, got {len(references)} and {len(scores)}")
    for position in reversed(range(len(references))):
        if cost <= references[position] * (1 + tolerance):
            share = 100 * (position + 1) / len(references)
            return Rank(position, scores[position], share)
    return SLOWEST


def out_of_order(references: Sequence[float], *, tolerance: float) -> int:
    """Count references that cost more than the one before, which the benchmark says is slower."""
    return sum(
        faster > slower * (1 + tolerance) for slower, faster in itertools.pairwise(references)
    )
