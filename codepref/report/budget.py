"""What a score owes to the seed, the wording, the sampling, the tasks and the harness."""

from collections.abc import Sequence

from codepref.lineage.leaf import leaves
from codepref.report.funnel import start_keys
from codepref.report.noise import SPAN, Unit, unit_of
from codepref.report.numbers import Numbers, Study, judged, part
from codepref.report.tables import NONE

NAMES = ("model and start", "benchmark", "of", "score")


class Spread(Numbers):
    """Standard deviation of a score from 0 to 1 over n values of one source; None for none."""

    sd: float | None
    n: int
    note: str = ""


class Variances(Numbers):
    """metrics/compare_models.json: by start, benchmark, method or variant, and source."""

    variance: dict[str, dict[str, dict[str, dict[str, Spread]]]]


def budget_columns(study: Study) -> list[str]:
    """Name the columns: one for each source of variance."""
    return [*NAMES, *_sources(_variances(study))]


def budget_cells(study: Study) -> list[list[str]]:
    """Give a line for each start, benchmark, and method or variant."""
    found = _variances(study)
    sources = _sources(found)
    return [
        _line(key, benchmark, of, [spreads.get(name) for name in sources], study)
        for key in start_keys(study)
        for benchmark in study.grid.benchmarks
        for of, spreads in found.variance.get(key, {}).get(benchmark, {}).items()
        if of in _known(study)
    ]


def _line(
    key: str, benchmark: str, of: str, spreads: Sequence[Spread | None], study: Study
) -> list[str]:
    unit = unit_of(benchmark, judged=benchmark in judged(study.grid))
    return [key, benchmark, of, unit, *(_cell(spread, unit) for spread in spreads)]


def _known(study: Study) -> set[str]:
    """Name the methods and variants of the grid."""
    return {*study.grid.methods, *(leaf.variant for leaf in leaves(study.grid))}


def _variances(study: Study) -> Variances:
    return part(study, "compare_models.json", Variances)


def _sources(found: Variances) -> list[str]:
    names = (
        name
        for benchmarks in found.variance.values()
        for variants in benchmarks.values()
        for spreads in variants.values()
        for name in spreads
    )
    return list(dict.fromkeys(names))


def _cell(found: Spread | None, unit: Unit) -> str:
    if found is None:
        return NONE
    sd = NONE if found.sd is None else f"{SPAN[unit] * found.sd:.2f} (n {found.n})"
    return f"{sd}: {found.note}" if found.note and found.sd is None else sd
