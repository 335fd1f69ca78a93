"""Every score of the study in its unit: pass@1, EvalPerf's DPS, ratings by a judge."""

from collections.abc import Iterator, Sequence

from codepref.lineage.leaf import PERFORMANCE, Leaf, judged, leaves
from codepref.report.judged import estimate, rated
from codepref.report.noise import Difference, Estimate, difference
from codepref.report.numbers import Comparison, Study, part
from codepref.report.performance import dps, performance
from codepref.schema import Strict


class Measured(Strict):
    """The score of one leaf on one benchmark, or on one dimension of a judged one.

    Attributes:
        dimension: "" for the whole benchmark.
        gain: aligned minus baseline; None for a baseline. That of a dimension has no interval.
    """

    leaf: Leaf
    benchmark: str
    dimension: str
    n_tasks: int
    score: Estimate
    gain: Difference | None

    @property
    def measure(self) -> str:
        """Name of the benchmark, and of its dimension."""
        return f"{self.benchmark}: {self.dimension}" if self.dimension else self.benchmark


def measured(study: Study) -> list[Measured]:
    """Give the score of every leaf on every benchmark, in the grid's order."""
    return [row for name in study.grid.benchmarks for row in _of_benchmark(study, name)]


def baselines(rows: Sequence[Measured]) -> dict[tuple[str, str], Measured]:
    """Give each start's own score by start and measure."""
    return {(row.leaf.start_key, row.measure): row for row in rows if row.leaf.cell is None}


def less(first: Estimate, second: Estimate) -> float | None:
    """Give the first value minus the second; None where one of them is not known."""
    if first.value is None or second.value is None:
        return None
    return first.value - second.value


def _of_benchmark(study: Study, benchmark: str) -> Iterator[Measured]:
    if benchmark in judged(study.grid):
        yield from _judged(study, benchmark)
    elif benchmark == PERFORMANCE:
        yield from _performance(study)
    else:
        yield from _passed(study, benchmark)


def _passed(study: Study, benchmark: str) -> Iterator[Measured]:
    for row in study.scores:
        if row.benchmark == benchmark:
            value, low, high = (
                None if share is None else 100 * share
                for share in (row.score.pass_at_1, row.score.low, row.score.high)
            )
            yield Measured(
                leaf=row.leaf,
                benchmark=benchmark,
                dimension="",
                n_tasks=row.score.n_tasks,
                score=Estimate(unit="pass@1", value=value, low=low, high=high),
                gain=difference(row.comparison, "pass@1") if row.comparison else None,
            )


def _performance(study: Study) -> Iterator[Measured]:
    for leaf in leaves(study.grid):
        found = performance(study, leaf)
        yield Measured(
            leaf=leaf,
            benchmark=PERFORMANCE,
            dimension="",
            n_tasks=found.n_tasks,
            score=dps(found),
            gain=_gain(study, leaf, PERFORMANCE, dps(found)),
        )


def _judged(study: Study, benchmark: str) -> Iterator[Measured]:
    of_start: dict[tuple[str, str], Estimate] = {}
    for leaf in leaves(study.grid):
        found = rated(study, leaf, benchmark)
        yield Measured(
            leaf=leaf,
            benchmark=benchmark,
            dimension="",
            n_tasks=sum(one.n_tasks for one in found.dimensions.values()),
            score=estimate(found),
            gain=_gain(study, leaf, benchmark, estimate(found)),
        )
        for name, one in sorted(found.dimensions.items()):
            score = estimate(one)
            of_start.setdefault((leaf.start_key, name), score)  # the baseline is the first leaf
            yield Measured(
                leaf=leaf,
                benchmark=benchmark,
                dimension=name,
                n_tasks=one.n_tasks,
                score=score,
                gain=_plain(of_start[leaf.start_key, name], score) if leaf.cell else None,
            )


def _gain(study: Study, leaf: Leaf, benchmark: str, score: Estimate) -> Difference | None:
    if leaf.cell is None:
        return None
    keys = ("pathways", leaf.start_key, leaf.variant, benchmark)
    return difference(part(study, "compare_models.json", Comparison, *keys), score.unit)


def _plain(before: Estimate, after: Estimate) -> Difference:
    """Give a difference of two means that nobody compared task by task."""
    return Difference(
        unit=after.unit,
        value=less(after, before),
        low=None,
        high=None,
        n_tasks=None,
        p=None,
        within_noise=False,
    )
