"""What tools say of the programs in the completions, without running or judging them."""

from codepref.lineage.leaf import Leaf, leaves
from codepref.report.numbers import Numbers, Study, part
from codepref.report.tables import NONE

QUALITY = (
    "benchmark",
    "model",
    "start",
    "variant",
    "answers",
    "without code, not Python",
    "lines",
    "complexity",
    "maintainability",
    "lint findings",
    "security findings",
    "documented",
    "annotated",
)


class Measure(Numbers):
    """Mean over tasks of one measure; None where no program has it."""

    mean: float | None
    low: float | None
    high: float | None


class Quality(Numbers):
    """metrics/measure_quality/<start>.json, of one variant on one benchmark."""

    n_completions: int
    n_without_code: int
    n_not_parsing: int
    lines: Measure
    complexity: Measure
    maintainability: Measure
    lint: Measure
    security: Measure
    documented: Measure
    annotated: Measure


def quality_cells(study: Study) -> list[list[str]]:
    """Give a line for each variant of each start on each benchmark."""
    return [
        _line(study, benchmark, leaf)
        for benchmark in study.grid.benchmarks
        for leaf in leaves(study.grid)
    ]


def _line(study: Study, benchmark: str, leaf: Leaf) -> list[str]:
    file = f"measure_quality/{leaf.start_key}.json"
    found = part(study, file, Quality, benchmark, leaf.variant)
    counts = (found.lines, found.complexity, found.maintainability, found.lint, found.security)
    return [
        benchmark,
        leaf.model,
        leaf.start,
        leaf.variant,
        str(found.n_completions),
        f"{found.n_without_code}, {found.n_not_parsing}",
        *(_cell(one, digits=1) for one in counts),
        *(_cell(one, digits=2) for one in (found.documented, found.annotated)),
    ]


def _cell(found: Measure, *, digits: int) -> str:
    if found.mean is None:
        return NONE
    between = ""
    if found.low is not None and found.high is not None:
        between = f" ({found.low:.{digits}f} to {found.high:.{digits}f})"
    return f"{found.mean:.{digits}f}{between}"
