"""Results to pass rates by task."""

import math
from collections.abc import Sequence

from codepref.benchmarks.rows import Result
from codepref.statistics.compare import Cell

UNSCORED = "infra_error"


def task_rates(results: Sequence[Result]) -> dict[Cell, dict[str, float | None]]:
    """Share of passing samples by task for each benchmark and variant; None without a verdict."""
    cells: dict[Cell, dict[str, list[Result]]] = {}
    for row in results:
        cell = cells.setdefault(Cell(row.benchmark, row.variant), {})
        cell.setdefault(row.task_id, []).append(row)
    return {
        cell: {task_id: _rate(rows) for task_id, rows in sorted(tasks.items())}
        for cell, tasks in cells.items()
    }


def _rate(rows: Sequence[Result]) -> float | None:
    known = [float(row.verdict == "passed") for row in rows if row.verdict != UNSCORED]
    return math.fsum(known) / len(known) if known else None
