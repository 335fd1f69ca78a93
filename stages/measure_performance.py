"""Stage measure_performance: correct completions of EvalPerf against its references. CPU, minutes.

Costs differ from run to run: those measured once are in the ledger, and are the artifact.
"""

from contextlib import closing
from pathlib import Path

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.reading import read_tasks
from codepref.benchmarks.rows import Benchmark, Completion, Result
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import read_json, write_json
from codepref.ledger import Ledger
from codepref.performance.config import MeasurePerformanceConfig
from codepref.performance.meters import open_bench
from codepref.performance.metrics import BENCHMARK, Circumstances, performance_metrics
from codepref.performance.rows import Measurement
from codepref.performance.scoring import measure_answers
from codepref.performance.selection import choose
from codepref.records import Json
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(
    tasks: Path, sources: Path, completions: Path, results: Path, performance: Path, metrics: Path
) -> None:
    """Measure what each variant solves often enough, and write ranks and scores."""
    config = load_section("measure_performance", MeasurePerformanceConfig)
    sampling = load_section("sample_benchmark", SampleBenchmarkConfig)
    rows: list[Measurement] = []
    scores: dict[str, Json] = {}
    if BENCHMARK in load_section("grid.benchmarks", list[Benchmark]):
        answered = [
            row for row in read_table(completions, Completion) if row.benchmark == BENCHMARK
        ]
        answers = choose(answered, read_table(results, Result), sampling.main_wording, config)
        with (
            closing(Ledger(state_dir() / "performance.sqlite")) as ledger,
            open_bench(config) as bench,
        ):
            known = read_tasks(tasks, BENCHMARK)
            rows = measure_answers(known, answers, bench, ledger)
            source = read_json(sources / f"{BENCHMARK}.json")
            found = Circumstances(source, sampling, bench)
            scores[BENCHMARK] = performance_metrics(answered, answers, rows, found)
    write_table(performance, rows, Measurement)
    write_json(metrics, scores)


if __name__ == "__main__":
    run_stage(main)
