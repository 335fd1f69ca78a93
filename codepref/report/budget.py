"""What a score owes to the seed, the wording, the sampling, the tasks and the harness."""

from codepref.lineage.leaf import Leaf, judged, leaves
from codepref.report.funnel import start_keys
from codepref.report.noise import SPAN, Unit, unit_of
from codepref.report.numbers import Numbers, Study, part

BUDGET = (
    "benchmark",
    "start",
    "method",
    "score",
    "seed",
    "wording",
    "sampling",
    "task",
    "harness",
)


class Spread(Numbers):
    """Standard deviation of a score from 0 to 1 over n levels; None where nothing was varied."""

    sd: float | None
    n: int
    note: str


class Budget(Numbers):
    """What moves the score of one method on one benchmark of one start."""

    seed: Spread
    wording: Spread
    sampling: Spread
    task: Spread
    harness: Spread


class Budgets(Numbers):
    """metrics/compare_models.json: by start, benchmark and method; the baseline is a method."""

    variance: dict[str, dict[str, dict[str, Budget]]]


def budget_cells(study: Study) -> list[list[str]]:
    """Give a line for each benchmark, start and method of the grid."""
    found = part(study, "compare_models.json", Budgets).variance
    names = dict.fromkeys((leaf.start_key, method_of(leaf)) for leaf in leaves(study.grid))
    return [
        _line(benchmark, key, method, found[key][benchmark][method], study)
        for benchmark in study.grid.benchmarks
        for key in start_keys(study)
        for start, method in names
        if start == key and method in found.get(key, {}).get(benchmark, {})
    ]


def method_of(leaf: Leaf) -> str:
    """Name a leaf without its seed."""
    if leaf.cell is None:
        return leaf.variant
    return leaf.cell.method + (f"-on-{leaf.cell.generator}" if leaf.cell.generator else "")


def _line(benchmark: str, key: str, method: str, found: Budget, study: Study) -> list[str]:
    unit = unit_of(benchmark, judged=benchmark in judged(study.grid))
    spreads = (found.seed, found.wording, found.sampling, found.task, found.harness)
    return [benchmark, key, method, unit, *(_cell(spread, unit) for spread in spreads)]


def _cell(found: Spread, unit: Unit) -> str:
    if found.sd is None:
        return f"- ({found.note})" if found.note else "-"
    return f"{SPAN[unit] * found.sd:.2f} (n {found.n})"
