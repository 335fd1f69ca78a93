"""Stage gather_seeds: Python source to functions that inspire instructions. CPU, seconds."""

from collections.abc import Iterator
from pathlib import Path

from codepref.benchmarks.rows import Benchmark, Task
from codepref.command import run_stage
from codepref.config import load_section
from codepref.contamination.config import CheckContaminationConfig
from codepref.contamination.matcher import Matcher
from codepref.files import write_json
from codepref.ledger import Ledger
from codepref.seeds.config import FolderSource, GatherSeedsConfig, Source, StdlibSource
from codepref.seeds.gather import gather_seeds
from codepref.seeds.rows import RejectedSeed, Seed
from codepref.seeds.sources import SourceFile, UnusableFile, folder_files, stdlib_files
from codepref.seeds.typecheck import TypeChecker
from codepref.tables import read_table, write_table
from codepref.workspace import state_dir


def main(benchmarks: Path, seeds: Path, rejects: Path, metrics: Path) -> None:
    """Read source files, write the functions that pass every rule, and those that do not."""
    config = load_section("gather_seeds", GatherSeedsConfig)
    names = load_section("grid.searched", list[Benchmark])
    tasks = [task for name in names for task in read_table(benchmarks / f"{name}.parquet", Task)]
    files = (file for source in config.sources for file in _files(source, config.max_file_bytes))
    matcher = Matcher(tasks, load_section("check_contamination", CheckContaminationConfig))
    check_types = TypeChecker(config.type_check, Ledger(state_dir() / "type_checks.sqlite"))
    gathered = gather_seeds(files, matcher, config, check_types)
    write_table(seeds, gathered.seeds, Seed)
    write_table(rejects, gathered.rejects, RejectedSeed)
    write_json(metrics, gathered.metrics())


def _files(source: Source, max_bytes: int) -> Iterator[SourceFile | UnusableFile]:
    if isinstance(source, StdlibSource):
        return stdlib_files(source, max_bytes)
    if isinstance(source, FolderSource):
        return folder_files(source, max_bytes)
    from codepref.seeds.stack import stack_files  # `datasets` takes seconds to import

    return stack_files(source, max_bytes)


if __name__ == "__main__":
    run_stage(main)
