"""Stage compare_models: each aligned model against its start, and pathway against pathway."""

from pathlib import Path

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rates import task_rates
from codepref.benchmarks.rows import Result
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits, touched_tasks
from codepref.files import write_json
from codepref.grid import Grid
from codepref.statistics.compare import (
    Comparisons,
    Touched,
    adjust_family,
    compare_gains,
    compare_pathway,
)
from codepref.statistics.config import CompareModelsConfig
from codepref.tables import read_table


def main(results: Path, contamination: Path, metrics: Path) -> None:
    """Compare every cell of the grid; files of cells outside it are not looked at."""
    config = load_section("compare_models", CompareModelsConfig)
    grid = load_section("grid", Grid)
    met = touched_tasks(read_hits(contamination, grid.generators))
    touched: Touched = {benchmark: met.get(benchmark, set()) for benchmark in grid.benchmarks}
    wording = load_section("sample_benchmark", SampleBenchmarkConfig).main_wording
    scores = {
        (model, start): task_rates(
            read_table(results / f"{model}-{start}.parquet", Result), wording
        )
        for model in grid.models
        for start in grid.starts
    }
    pathways: dict[str, Comparisons] = {
        f"{model}-{start}": compare_pathway(
            rates,
            [cell.variant for cell in grid.cells(model, start)],
            touched,
            config,
        )
        for (model, start), rates in scores.items()
    }
    both = {"pretrained", "finetuned"} <= set(grid.starts)
    gains: dict[str, Comparisons] = {
        model: compare_gains(
            scores[model, "pretrained"],
            scores[model, "finetuned"],
            grid.own_variants,
            touched,
            config,
        )
        for model in (grid.models if both else [])
    }
    write_json(
        metrics,
        {"pathways": adjust_family(pathways), "difference_of_gains": adjust_family(gains)},
    )


if __name__ == "__main__":
    run_stage(main)
