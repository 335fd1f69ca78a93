"""Leaf cells of the study: the variants that are scored."""

import itertools

from codepref.grid import Grid
from codepref.schema import Strict

BASELINE = "baseline"


class Leaf(Strict):
    """One variant of one start of one model: the start itself, or an adapter trained on it."""

    model: str
    start: str
    method: str | None
    seed: int | None

    @property
    def variant(self) -> str:
        """Name within the start: "baseline" or "<method>-<seed>"."""
        return BASELINE if self.method is None else f"{self.method}-{self.seed}"

    @property
    def start_key(self) -> str:
        """Name of the start: "<model>-<start>"."""
        return f"{self.model}-{self.start}"

    @property
    def name(self) -> str:
        """Name in the study; for an adapter also the key of its align cell."""
        return f"{self.start_key}-{self.variant}"


def leaves(grid: Grid) -> list[Leaf]:
    """Enumerate the leaf cells of the grid, each start's baseline first."""
    found = []
    for model, start in itertools.product(grid.models, grid.starts):
        found.append(Leaf(model=model, start=start, method=None, seed=None))
        for method, seed in itertools.product(grid.methods, grid.seeds):
            found.append(Leaf(model=model, start=start, method=method, seed=seed))
    return found
