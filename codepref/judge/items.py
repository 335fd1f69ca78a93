"""Completions of judged benchmarks with what they are graded by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from codepref.benchmarks.rows import Benchmark, Completion, Judged, Task, Wording
from codepref.errors import DataError
from codepref.judge.prompts import Judgeable

Known = Mapping[Benchmark, Sequence[Task]]  # all tasks of each judged benchmark
AGAIN = "run sample_benchmark again"


def judged_benchmarks(benchmarks: Sequence[Benchmark]) -> list[Benchmark]:
    """Give those of some benchmarks that a model judges."""
    return [name for name in benchmarks if name in get_args(Judged)]


def judgeable(
    start: str, completions: Sequence[Completion], known: Known, wording: Wording
) -> list[Judgeable]:
    """Pair the answers of one start to judged benchmarks with their tasks.

    Args:
        start: "<model>-<start>".
        completions: of any benchmark and wording.
        known: tasks by benchmark; completions of others are not for a judge.
        wording: the main one.

    Raises:
        DataError: a benchmark has no answer, an answer has no task, or a variant answers a task
            twice with one sample_index.
    """
    rows = [row for row in completions if row.benchmark in known and row.wording == wording]
    _require_all_once(start, rows, known)
    tasks = {(task.benchmark, task.task_id): task for some in known.values() for task in some}
    unknown = sorted({row.task_id for row in rows if (row.benchmark, row.task_id) not in tasks})
    if unknown:
        raise DataError(
            f"{start}: {len(unknown)} answered tasks are not in their benchmark, first "
            f"{unknown[0]}; {AGAIN}"
        )
    return [_item(start, row, tasks[row.benchmark, row.task_id]) for row in rows]


def _require_all_once(start: str, rows: Sequence[Completion], known: Known) -> None:
    absent = sorted(set(known) - {row.benchmark for row in rows})
    if absent:
        raise DataError(f"{start}: no completion of {', '.join(absent)}; {AGAIN}")
    counts = Counter((row.variant, row.benchmark, row.task_id, row.sample_index) for row in rows)
    repeated = [key for key, n in sorted(counts.items()) if n > 1]
    if repeated:
        raise DataError(
            f"{start}: {len(repeated)} answers stand twice, first "
            f"{' '.join(map(str, repeated[0]))}; {AGAIN}"
        )


def _item(start: str, row: Completion, task: Task) -> Judgeable:
    if task.dimension is None:
        raise DataError(
            f"{task.benchmark}: {task.task_id} has no dimension to judge by; run fetch_benchmarks"
        )
    return Judgeable(
        completion_id=row.completion_id,
        start=start,
        variant=row.variant,
        benchmark=row.benchmark,
        task_id=row.task_id,
        sample_index=row.sample_index,
        wording=row.wording,
        dimension=task.dimension,
        instruction=task.text,
        reference=task.reference_answer,
        answer=row.completion,
    )
