"""The tasks of a benchmark from the tables that fetch_benchmarks wrote."""

from pathlib import Path

from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import PLUS, with_problems
from codepref.tables import read_table


def read_tasks(folder: Path, benchmark: Benchmark) -> list[Task]:
    """Read the tasks of a benchmark; EvalPerf's with their problems, from the plus benchmarks.

    Raises:
        DataError: see read_table, and with_problems.
    """
    tasks = read_table(folder / f"{benchmark}.parquet", Task)
    if benchmark != "evalperf":
        return tasks
    plus = [task for name in PLUS for task in read_table(folder / f"{name}.parquet", Task)]
    return with_problems(tasks, plus)
