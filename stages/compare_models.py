"""Stage compare_models: each aligned model against its start, and pathway against pathway."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from codepref.benchmarks.gathering import (
    JUDGED,
    ScoreRow,
    ScoreTables,
    contest_of,
    gather_scores,
    reading_of,
)
from codepref.benchmarks.rates import task_rates
from codepref.benchmarks.rows import Wording
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.counts import read_hits, touched_tasks
from codepref.files import write_json
from codepref.grid import BASELINE, Grid
from codepref.records import Json
from codepref.statistics.compare import adjust_family, compare_pathway
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.gains import Pathways, compare_gains, compare_gains_over_models
from codepref.statistics.pairing import Cell, Comparisons, Contests, Rates
from codepref.statistics.variance import Reading, variance_budget

Scores = Mapping[str, Mapping[Cell, Rates]]


def main(
    results: Path, performance: Path, ratings: Path, contamination: Path, metrics: Path
) -> None:
    """Compare every cell of the grid; files of cells outside it are not looked at."""
    config = load_section("compare_models", CompareModelsConfig)
    grid = load_section("grid", Grid)
    met = touched_tasks(read_hits(contamination, grid.generators))
    contests: Contests = {name: contest_of(name, met.get(name, set())) for name in grid.benchmarks}
    wording = next(iter(load_section("sample_benchmark.wordings", dict[Wording, int | None])))
    tables = ScoreTables(results, performance, ratings)
    starts = [f"{model}-{start}" for model in grid.models for start in grid.starts]
    rows = gather_scores(tables, starts, grid.benchmarks, judge_name(grid))
    scores = {start: task_rates(some, wording) for start, some in rows.items()}
    pathways = {
        f"{model}-{start}": compare_pathway(
            scores[f"{model}-{start}"],
            [cell.variant for cell in grid.cells(model, start)],
            contests,
            config,
        )
        for model in grid.models
        for start in grid.starts
    }
    write_json(
        metrics,
        {
            "pathways": adjust_family(pathways),
            **gains(scores, grid, contests, config),
            "variance": {
                f"{model}-{start}": budgets(rows[f"{model}-{start}"], grid, (model, start), wording)
                for model in grid.models
                for start in grid.starts
            },
        },
    )


def judge_name(grid: Grid) -> str:
    """Name the judge whose ratings count; "" where no benchmark is judged."""
    if not set(JUDGED) & set(grid.benchmarks):
        return ""
    remote = load_section("judge_completions.model", object)  # a text, or null
    return str(remote or load_section("judge_completions.start", str))


def gains(
    scores: Scores, grid: Grid, contests: Contests, config: CompareModelsConfig
) -> dict[str, Json]:
    """Compare the gains of both starts, by model and over models; nothing where one is absent."""
    both = {"pretrained", "finetuned"} <= set(grid.starts)
    models = {
        model: Pathways(scores[f"{model}-pretrained"], scores[f"{model}-finetuned"])
        for model in (grid.models if both else [])
    }
    found = {
        model: compare_gains(pathways, grid.own_variants, contests, config)
        for model, pathways in models.items()
    }
    over: dict[str, Comparisons] = {}
    if len(models) > 1:
        over["all"] = compare_gains_over_models(models, grid.own_variants, contests, config)
    return {
        "difference_of_gains": adjust_family(found),
        "difference_of_gains_over_models": adjust_family(over).get("all", {}),
    }


def budgets(
    rows: Sequence[ScoreRow], grid: Grid, start: tuple[str, str], wording: Wording
) -> dict[str, Json]:
    """Give the variance of one start's scores: {benchmark: {method: {...}}}."""
    readings: dict[Cell, list[Reading]] = {}
    for row in rows:
        cell = Cell(row.benchmark, row.variant)
        readings.setdefault(cell, []).append(reading_of(row))
    return {
        benchmark: {
            method: variance_budget(
                {seed: readings.get(Cell(benchmark, name), []) for seed, name in seeds.items()},
                wording,
            )
            for method, seeds in methods(grid, *start).items()
        }
        for benchmark in grid.benchmarks
    }


def methods(grid: Grid, model: str, start: str) -> dict[str, dict[int, str]]:
    """Name the variants of a start by method and seed; of another's pairs apart."""
    found: dict[str, dict[int, str]] = {BASELINE: {0: BASELINE}}
    for cell in grid.cells(model, start):
        name = cell.method if cell.generator is None else f"{cell.method}-on-{cell.generator}"
        found.setdefault(name, {})[cell.seed] = cell.variant
    return found


if __name__ == "__main__":
    run_stage(main)
