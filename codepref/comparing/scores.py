"""Scores of one start at a revision, with the harness that they come from."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from codepref.benchmarks.gathering import MEASURED, ScoreRow, contest_of
from codepref.benchmarks.rates import task_rates
from codepref.benchmarks.rows import Result
from codepref.contamination.counts import touched_tasks
from codepref.contamination.rows import Hit
from codepref.diff.tables import artifacts
from codepref.diff.versions import Version
from codepref.errors import DataError
from codepref.judge.rows import Rating
from codepref.lineage.lock import Artifact
from codepref.lineage.numbers import take
from codepref.performance.rows import Measurement
from codepref.records import Json, Record
from codepref.statistics.pairing import Cell, Contest, Rates
from codepref.tables import read_table

FINGERPRINT = "fingerprint"

RecordT = TypeVar("RecordT", bound=Record)


class BenchmarkScores(NamedTuple):
    """What one start's variants scored on one benchmark.

    Attributes:
        harness: all that the scores depend on besides the weights, and its fingerprint.
        rates: by variant and task. n_scores: completions, or judgements, with a score by variant.
    """

    harness: Mapping[str, Json]
    rates: dict[str, Rates]
    n_scores: dict[str, int]


def read_scores(version: Version, start: str) -> dict[str, BenchmarkScores]:
    """Read the scores of a start from every table that has some, by benchmark.

    Raises:
        DataError: a table or its metrics is absent, torn, or says nothing of its harness.
        MissingError: a table is neither in workspace nor cache, and no remote has it.
    """
    rows: dict[str, list[ScoreRow]] = {}
    metrics: dict[str, tuple[str, dict[str, Json]]] = {}
    sources: list[tuple[str, str, type[ScoreRow]]] = [
        (f"score_benchmark@{start}", "results", Result),
        (f"measure_performance@{start}", "performance", Measurement),
        ("judge_completions", "ratings", Rating),
    ]
    for stage, flag, row_type in sources:
        if stage not in version.lock.entries:
            continue
        path = version.lock.entry(stage).flag("metrics")
        for row in _table(version, stage, flag, row_type):
            if not _is_of(row, start):
                continue
            rows.setdefault(row.benchmark, []).append(row)
            if row.benchmark not in metrics:
                metrics[row.benchmark] = (path, version.read_metrics(path))
    return {
        benchmark: _scores(benchmark, some, _harness(version, benchmark, *metrics[benchmark]))
        for benchmark, some in sorted(rows.items())
    }


def read_touched(version: Version) -> dict[str, set[str]] | None:
    """Give the tasks that training may have met, by benchmark; None where none was searched for.

    Raises:
        DataError: a table is torn.
        MissingError: a table is not to be had.
    """
    found = artifacts(version.lock, "contamination")
    if not found:
        return None
    hits = {hit.hit_id: hit for one in found.values() for hit in _rows(version, one, Hit)}
    return touched_tasks(hits.values())


def contest(benchmark: str, touched: set[str]) -> Contest:
    """Say how two sides are compared: on the tasks of both, which the fingerprint covers."""
    return contest_of(benchmark, touched)._replace(partial=True)


def _is_of(row: ScoreRow, start: str) -> bool:
    """Whether a row is a score of the start: answers to EvalPerf are tested, but not scored so."""
    if isinstance(row, Rating):
        return row.start == start
    return isinstance(row, Measurement) or row.benchmark != MEASURED


def _table(version: Version, stage: str, flag: str, row_type: type[RecordT]) -> list[RecordT]:
    entry = version.lock.entry(stage)
    path = entry.flag(flag)
    return [row for out in entry.outs if out.path == path for row in _rows(version, out, row_type)]


def _rows(version: Version, artifact: Artifact, row_type: type[RecordT]) -> list[RecordT]:
    try:
        return read_table(version.find(artifact), row_type)
    except DataError as error:
        raise DataError(f"{version.name}: {artifact.path}: {error}") from error


def _harness(
    version: Version, benchmark: str, path: str, metrics: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Find a benchmark's harness: beside its variants, or of all starts together."""
    keys = ("harness", benchmark) if "harness" in metrics else (benchmark, "harness")
    found = take(metrics, Path(f"{version.name}:{path}"), *keys)
    if not isinstance(found.get(FINGERPRINT), str):
        raise DataError(f"{version.name}:{path}: {'.'.join(keys)} has no {FINGERPRINT}")
    return found


def _scores(benchmark: str, rows: list[ScoreRow], harness: Mapping[str, Json]) -> BenchmarkScores:
    judge = harness.get("judge")
    rows = [row for row in rows if not isinstance(row, Rating) or row.judge == judge]
    main = [row for row in rows if row.wording == harness.get("wording")]
    variants = sorted({row.variant for row in main})
    rates = task_rates(main, main[0].wording) if main else {}
    return BenchmarkScores(
        harness=harness,
        rates={name: rates[Cell(benchmark, name)] for name in variants},
        n_scores={
            name: sum(row.variant == name and row.score is not None for row in main)
            for name in variants
        },
    )
