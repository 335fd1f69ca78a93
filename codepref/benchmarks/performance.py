"""Differential performance: how fast correct programs are, next to references of known speed.

Source: Liu et al. 2024, "Evaluating Language Models for Efficient Code Generation",
arXiv:2408.06450 (EvalPerf), sec. 3.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, NamedTuple

# Costs of two kinds are never compared: a score holds for the kind it was measured with.
Counter = Literal["instructions", "cpu_time"]


class Rank(NamedTuple):
    """Where a program stands among the references of a task.

    Attributes:
        reference: position of the fastest reference that it is as fast as, slowest first; -1 where
            it is slower than all.
        dps: differential performance score, in [0, 100]: share of solutions that are no faster
            than that reference, in percent.
        normalised: the same by references alone, each weighing alike, in [0, 100].
    """

    reference: int
    dps: float
    normalised: float


class Performance(NamedTuple):
    """A model's scores: means over tasks of means over programs; None without tasks.

    Attributes:
        n_tasks: with enough correct programs. n_programs: that were measured.
    """

    dps: float | None
    normalised: float | None
    n_tasks: int
    n_programs: int


def rank(
    cost: float, references: Sequence[float], scores: Sequence[float], *, tolerance: float
) -> Rank:
    """Rank one program.

    Args:
        cost: of one call, in any unit.
        references: costs of the references in the same unit, in the benchmark's order, slowest
            first; what was measured need not be in that order.
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
    return Rank(-1, 0.0, 0.0)


def performance(ranks: Mapping[str, Sequence[Rank]], *, min_correct: int) -> Performance:
    """Give a model's scores over the tasks that it solves often enough.

    Args:
        ranks: of its correct programs that were measured, by task id.
        min_correct: fewer correct programs leave a task out.
    """
    kept = [some for some in ranks.values() if len(some) >= min_correct]
    return Performance(
        fmean(fmean(r.dps for r in some) for some in kept) if kept else None,
        fmean(fmean(r.normalised for r in some) for some in kept) if kept else None,
        len(kept),
        sum(map(len, kept)),
    )
