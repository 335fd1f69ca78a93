"""Chosen completions to measurements: each ranked among the references of its task."""

import logging
import math
from collections.abc import Sequence

from codepref.benchmarks.rows import Completion, Task
from codepref.errors import DataError
from codepref.execution.environment import environment_digest
from codepref.ledger import Ledger
from codepref.performance.measuring import Measured, measure_programs
from codepref.performance.meters import Bench, Reading
from codepref.performance.ranks import SLOWEST, Rank, rank
from codepref.performance.rows import Measurement
from codepref.performance.selection import Answers
from codepref.progress import track

logger = logging.getLogger(__name__)


def measure_answers(
    tasks: Sequence[Task], answers: Sequence[Answers], bench: Bench, ledger: Ledger
) -> list[Measurement]:
    """Measure what was chosen, task by task, all variants of a task together.

    Raises:
        DataError: a task is not in the benchmark, or has no references; see measure_programs.
        SandboxError: see measure_programs.
    """
    by_id = {task.task_id: task for task in tasks}
    chosen: dict[str, list[Completion]] = {}
    for some in answers:
        _require_references(by_id, some.task_id)
        if some.chosen:
            chosen.setdefault(some.task_id, []).extend(some.chosen)
    rows: list[Measurement] = []
    logger.info("tasks to measure: %d, counter: %s", len(chosen), bench.meter.counter)
    for task_id in track(sorted(chosen), total=len(chosen), what="tasks"):
        task, completions = by_id[task_id], chosen[task_id]
        programs = list(dict.fromkeys(row.solution for row in completions))
        measured = measure_programs(task, programs, bench, ledger)
        rows += [_row(row, task, measured[row.solution], bench) for row in completions]
    return rows


def reference_cost(reading: Reading) -> float:
    """Cost of a reference: whatever ends is faster than one that met the time limit."""
    if reading.status == "measured" and reading.cost is not None:
        return reading.cost
    return math.inf if reading.status == "timeout" else math.nan


def _require_references(tasks: dict[str, Task], task_id: str) -> None:
    if task_id not in tasks:
        raise DataError(
            f"evalperf: completions answer {task_id}, which is not in the benchmark; run "
            "fetch_benchmarks and sample_benchmark again"
        )
    if not tasks[task_id].references:
        raise DataError(f"evalperf {task_id}: no references; fetch the released file again")


def _row(row: Completion, task: Task, measured: Measured, bench: Bench) -> Measurement:
    costs = [reference_cost(reading) for reading in measured.references]
    found = _rank(task, measured.own, costs, bench.config.tolerance.of(bench.meter.counter))
    return Measurement(
        completion_id=row.completion_id,
        variant=row.variant,
        benchmark=row.benchmark,
        task_id=row.task_id,
        sample_index=row.sample_index,
        wording=row.wording,
        score=None if found is None else found.dps / 100,
        status=measured.own.status,
        counter=bench.meter.counter,
        cost=measured.own.cost,
        reference_costs=costs,
        reference=-1 if found is None else found.reference,
        dps=None if found is None else found.dps,
        dps_norm=None if found is None else found.dps_norm,
        failure=measured.own.failure,
        isolation=bench.pool.isolation,
        environment_digest=environment_digest(bench.pool.isolation),
    )


def _rank(
    task: Task, reading: Reading, references: Sequence[float], tolerance: float
) -> Rank | None:
    """Rank a reading; None where the harness, not the program, failed."""
    if reading.status == "unmeasured":
        return None
    if reading.status != "measured" or reading.cost is None:
        return SLOWEST
    return rank(reading.cost, references, task.reference_scores, tolerance=tolerance)
