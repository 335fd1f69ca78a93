"""Scores to means by task."""

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

from codepref.benchmarks.rows import Wording
from codepref.statistics.pairing import Cell

UNSCORED = "infra_error"
UNNAMED_WORDING: Wording = "complete"  # of tables from before wordings had names


class Scored(Protocol):
    """A row of any table of results: see rows.Score."""

    @property
    def benchmark(self) -> str:
        """Its benchmark."""

    @property
    def variant(self) -> str:
        """The variant that answered."""

    @property
    def task_id(self) -> str:
        """The task."""

    @property
    def wording(self) -> Wording:
        """Of the prompt."""

    @property
    def score(self) -> float | None:
        """A share; None where there is none."""


def task_rates(rows: Iterable[Scored], wording: Wording) -> dict[Cell, dict[str, float | None]]:
    """Mean score by task for each benchmark and variant; None for a task without any.

    Args:
        rows: of any wording and benchmark; several of one task are its samples, or passes.
        wording: the one that counts.
    """
    cells: dict[Cell, dict[str, list[Scored]]] = {}
    for row in rows:
        if row.wording == wording:
            cell = cells.setdefault(Cell(row.benchmark, row.variant), {})
            cell.setdefault(row.task_id, []).append(row)
    return {
        cell: {task_id: _mean(found) for task_id, found in sorted(tasks.items())}
        for cell, tasks in cells.items()
    }


def _mean(rows: Sequence[Scored]) -> float | None:
    known = [row.score for row in rows if row.score is not None]
    return math.fsum(known) / len(known) if known else None
