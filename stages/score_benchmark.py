"""Stage score_benchmark: completions against the benchmarks' tests. CPU, minutes."""

from contextlib import closing
from pathlib import Path

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.metrics import benchmark_metrics
from codepref.benchmarks.rows import Completion, Result, Scored, Task
from codepref.benchmarks.scoring import make_runs, score_completions
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits, touched_tasks
from codepref.execution.pool import open_pool
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.records import Json
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(tasks: Path, completions: Path, contamination: Path, results: Path, metrics: Path) -> None:
    """Judge every completion, with the canonical solutions as a control, and write scores."""
    config = load_section("score_benchmark", ScoreBenchmarkConfig)
    benchmarks = load_section("grid.benchmarks", list[Scored])
    answers = read_table(completions, Completion)
    generators = load_section("grid.generators", list[str])
    touched = touched_tasks(read_hits(contamination, generators))
    rows: list[Result] = []
    scores: dict[str, Json] = {}
    with (
        closing(Ledger(state_dir() / "executions.sqlite")) as ledger,
        open_pool(config) as pool,
    ):
        runs = make_runs(config, pool, ledger)
        for name in benchmarks:
            known = read_table(tasks / f"{name}.parquet", Task)
            some = [answer for answer in answers if answer.benchmark == name]
            scored = score_completions(known, some, runs)
            rows += scored.results
            scores[name] = benchmark_metrics(known, some, scored, config, touched.get(name, set()))
    write_table(results, rows, Result)
    write_json(metrics, scores)


if __name__ == "__main__":
    run_stage(main)
