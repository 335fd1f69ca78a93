"""Stage sample_benchmark: one engine answers the benchmarks for a start and all its adapters."""

from pathlib import Path

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.reading import read_tasks
from codepref.benchmarks.rows import Completion
from codepref.benchmarks.sampling import answer, ask, choose_tasks, count_completions
from codepref.benchmarks.variants import find_variants
from codepref.checkpoints.manifest import read_start
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.grid import Grid
from codepref.ledger import Ledger
from codepref.sampling.config import EngineConfig
from codepref.sampling.source import LazyEngines
from codepref.tables import write_table
from codepref.workspace import state_dir


def main(start: Path, adapters: Path, tasks: Path, completions: Path, metrics: Path) -> None:
    """Sample what the ledger lacks, variant by variant, and write every completion."""
    config = load_section("sample_benchmark", SampleBenchmarkConfig)
    grid = load_section("grid", Grid)
    pinned = read_start(start)
    cells = grid.cells(pinned.manifest.model, pinned.manifest.start)
    variants = find_variants(cells, pinned.manifest.digest, adapters)
    renderer = Renderer(load_tokenizer(pinned.weights), pinned.manifest.template)
    asked = [
        task
        for name in grid.benchmarks
        for task in choose_tasks(read_tasks(tasks, name), name, config)
    ]
    questions = ask(asked, renderer, config)
    rows: list[Completion] = []
    ledger = Ledger(state_dir() / "samples.sqlite")
    with LazyEngines(load_section("engine", EngineConfig)) as engines:
        for variant in variants:
            rows += answer(
                questions,
                variant,
                renderer=renderer,
                start=pinned,
                engines=engines,
                ledger=ledger,
            )
    ledger.close()
    write_table(completions, rows, Completion)
    write_json(metrics, count_completions(rows))


if __name__ == "__main__":
    run_stage(main)
