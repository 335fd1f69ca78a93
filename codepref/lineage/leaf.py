"""Leaf cells of the study: the variants that are scored."""

import itertools
from typing import get_args

from codepref.benchmarks.rows import Benchmark, Judged
from codepref.grid import BASELINE, Cell, Grid
from codepref.schema import Strict

PERFORMANCE: Benchmark = "evalperf"  # measures how fast passing programs are


class Leaf(Strict):
    """One variant of one start of one model: the start itself, or what a training made of it.

    Attributes:
        cell: the training; None for the start itself.
        stage: that trained it, "" for the start itself.
    """

    model: str
    start: str
    cell: Cell | None
    stage: str

    @property
    def variant(self) -> str:
        """Name within the start: "baseline", or that of its training."""
        return BASELINE if self.cell is None else self.cell.variant

    @property
    def start_key(self) -> str:
        """Name of the start: "<model>-<start>"."""
        return f"{self.model}-{self.start}"

    @property
    def name(self) -> str:
        """Name in the study, and of the training's metrics."""
        return f"{self.start_key}-{self.variant}"


def leaves(grid: Grid) -> list[Leaf]:
    """Enumerate the leaf cells of the grid, each start's baseline first."""
    found = []
    for model, start in itertools.product(grid.models, grid.starts):
        found.append(Leaf(model=model, start=start, cell=None, stage=""))
        for cell in grid.cells(model, start):
            stage = grid.stage_of(model, start, cell)
            found.append(Leaf(model=model, start=start, cell=cell, stage=stage))
    return found


def programs(grid: Grid) -> list[Benchmark]:
    """Name the benchmarks whose answers are judged by running them."""
    return [name for name in grid.benchmarks if name not in get_args(Judged)]


def judged(grid: Grid) -> list[Benchmark]:
    """Name the benchmarks whose answers are judged by a model."""
    return [name for name in grid.benchmarks if name in get_args(Judged)]
