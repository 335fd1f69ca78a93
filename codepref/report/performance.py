"""EvalPerf: how fast the passing programs are."""

from codepref.lineage.leaf import PERFORMANCE, Leaf, leaves
from codepref.report.noise import Estimate, score_cell
from codepref.report.numbers import Numbers, Study, part
from codepref.report.tables import NONE

MEASURES = (
    "model",
    "start",
    "variant",
    "tasks",
    "DPS",
    "normalised DPS",
    "counter",
    "comparable with EvalPerf's leaderboard",
)


class Performance(Numbers):
    """metrics/measure_performance/<start>.json, of one variant.

    Attributes:
        dps: differential performance score, mean over tasks, from 0 to 100; None without any.
        dps_norm: the same by rank among the references, from 0 to 100.
        n_tasks: with enough passing programs.
        counter: what the cost of a program was counted in.
    """

    dps: float | None
    dps_low: float | None
    dps_high: float | None
    dps_norm: float | None
    n_tasks: int
    counter: str
    comparable_with_leaderboard: bool


def performance(study: Study, leaf: Leaf) -> Performance:
    """Give what was measured of one leaf."""
    file = f"measure_performance/{leaf.start_key}.json"
    return part(study, file, Performance, PERFORMANCE, leaf.variant)


def dps(found: Performance) -> Estimate:
    """Give the score with its interval."""
    return Estimate(unit="DPS", value=found.dps, low=found.dps_low, high=found.dps_high)


def performance_cells(study: Study) -> list[list[str]]:
    """Give a line for each variant of each start; none where EvalPerf is not scored."""
    if PERFORMANCE not in study.grid.benchmarks:
        return []
    return [_line(leaf, performance(study, leaf)) for leaf in leaves(study.grid)]


def _line(leaf: Leaf, found: Performance) -> list[str]:
    return [
        leaf.model,
        leaf.start,
        leaf.variant,
        str(found.n_tasks),
        score_cell(dps(found)),
        NONE if found.dps_norm is None else f"{found.dps_norm:.1f}",
        found.counter,
        "yes" if found.comparable_with_leaderboard else "NO",
    ]
