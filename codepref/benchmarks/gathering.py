"""Scores of one start from the three tables that hold them: tests, measurements, ratings."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import NamedTuple, get_args

from codepref.benchmarks.rows import Benchmark, Judged, Result
from codepref.judge.rows import Rating
from codepref.performance.rows import Measurement
from codepref.statistics.pairing import Contest
from codepref.statistics.variance import Reading
from codepref.tables import read_table

JUDGED: tuple[Benchmark, ...] = get_args(Judged)
MEASURED: Benchmark = "evalperf"
ScoreRow = Result | Measurement | Rating


class ScoreTables(NamedTuple):
    """Where scores lie.

    Attributes:
        results, performance: folders with a table for each start.
        ratings: of all starts.
    """

    results: Path
    performance: Path
    ratings: Path


def gather_scores(
    tables: ScoreTables, starts: Sequence[str], benchmarks: Sequence[Benchmark], judge: str
) -> dict[str, list[ScoreRow]]:
    """Give the rows that score each start: of each benchmark from the table that it is scored in.

    EvalPerf's rows of the results say which answers are right; its scores are the measurements. A
    table that no benchmark is scored in is not looked at.

    Args:
        tables: where scores lie.
        starts: of the grid.
        benchmarks: of the grid.
        judge: whose ratings count; another's tell of agreement alone.

    Raises:
        DataError: see tables.read_table.
    """
    judged = set(JUDGED) & set(benchmarks)
    ratings = [
        row
        for row in (read_table(tables.ratings, Rating) if judged else [])
        if row.benchmark in judged and row.judge == judge
    ]
    return {
        start: [
            *_tested(tables.results / f"{start}.parquet", set(benchmarks) - {MEASURED}),
            *_measured(tables.performance / f"{start}.parquet", benchmarks),
            *(row for row in ratings if row.start == start),
        ]
        for start in starts
    }


def contest_of(benchmark: str, touched: Set[str]) -> Contest:
    """Say how models are compared on a benchmark."""
    graded = benchmark == MEASURED or benchmark in JUDGED
    return Contest(touched, graded=graded, partial=benchmark == MEASURED)


def reading_of(row: ScoreRow) -> Reading:
    """Give what the variance of scores is reckoned from."""
    flaky = isinstance(row, Result) and row.verdict == "flaky"
    return Reading(row.task_id, row.wording, row.completion_id, row.score, flaky)


def _tested(path: Path, benchmarks: Set[Benchmark]) -> list[Result]:
    return [row for row in read_table(path, Result) if row.benchmark in benchmarks]


def _measured(path: Path, benchmarks: Sequence[Benchmark]) -> list[Measurement]:
    return read_table(path, Measurement) if MEASURED in benchmarks else []
