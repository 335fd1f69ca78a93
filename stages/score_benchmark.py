"""Stage score_benchmark: completions against the benchmarks' tests. CPU, minutes."""

from contextlib import closing
from pathlib import Path
from typing import get_args

from codepref.benchmarks.config import SampleBenchmarkConfig, ScoreBenchmarkConfig
from codepref.benchmarks.harness import Circumstances
from codepref.benchmarks.metrics import benchmark_metrics
from codepref.benchmarks.reading import read_tasks
from codepref.benchmarks.rows import Benchmark, Completion, Judged, Result
from codepref.benchmarks.scoring import open_harness, score_completions
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits, touched_tasks
from codepref.execution.pool import open_pool
from codepref.files import read_json, write_json
from codepref.ledger import Ledger
from codepref.records import Json
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(
    tasks: Path,
    sources: Path,
    completions: Path,
    contamination: Path,
    results: Path,
    metrics: Path,
) -> None:
    """Judge every completion, with the canonical solutions as a control, and write scores."""
    config = load_section("score_benchmark", ScoreBenchmarkConfig)
    sampling = load_section("sample_benchmark", SampleBenchmarkConfig)
    benchmarks = load_section("grid.benchmarks", list[Benchmark])
    answers = read_table(completions, Completion)
    generators = load_section("grid.generators", list[str])
    touched = touched_tasks(read_hits(contamination, generators))
    rows: list[Result] = []
    scores: dict[str, Json] = {}
    with (
        closing(Ledger(state_dir() / "executions.sqlite")) as ledger,
        open_pool(config) as pool,
        open_harness(config, pool, ledger) as harness,
    ):
        for name in benchmarks:
            if name in get_args(Judged):
                continue
            known = read_tasks(tasks, name)
            some = [answer for answer in answers if answer.benchmark == name]
            scored = score_completions(known, some, harness)
            rows += scored.results
            found = Circumstances(name, read_json(sources / f"{name}.json"), sampling, config)
            scores[name] = benchmark_metrics(known, some, scored, found, touched.get(name, set()))
    write_table(results, rows, Result)
    write_json(metrics, scores)


if __name__ == "__main__":
    run_stage(main)
