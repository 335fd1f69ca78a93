"""Leaf cells of the study, and the key that says two of their runs are the same run."""

import itertools
from collections.abc import Sequence

from codepref.grid import Grid
from codepref.lineage.lock import Entry, Lock
from codepref.records import Json, digest
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


def ancestry(lock: Lock, leaf: Leaf, benchmarks: Sequence[str]) -> list[Entry]:
    """Give the entries whose outputs the variant stands on, nearest first; no sibling adapter.

    Raises:
        DataError: a stage of the ancestry has never run.
    """
    if leaf.method is None:
        roots = lock.producers(lock.entry(f"sample_benchmark@{leaf.start_key}").flag("start"))
    else:
        roots = [f"align@{leaf.name}"]
    roots += [f"fetch_benchmarks@{benchmark}" for benchmark in benchmarks]
    found = {entry.stage: entry for root in roots for entry in lock.ancestors(root)}
    return list(found.values())


def evaluation(lock: Lock, leaf: Leaf) -> list[Entry]:
    """Give the entries that sampled and scored the start's variants, scoring first."""
    groups = ("score_benchmark", "sample_benchmark")
    return [lock.entry(f"{group}@{leaf.start_key}") for group in groups]


def lineage_key(lock: Lock, leaf: Leaf, benchmarks: Sequence[str], numbers: Json) -> str:
    """SHA-256 of all that the variant's numbers stand on, and of the numbers.

    Of sampling and scoring, which serve all adapters of a start at once, it holds the code and
    the params and not the grid, so that a further method changes no other variant's key.
    """
    return digest(
        {
            "ancestry": {
                entry.stage: _canonical(entry) for entry in ancestry(lock, leaf, benchmarks)
            },
            "evaluation": {entry.stage: _shared(entry) for entry in evaluation(lock, leaf)},
            "numbers": numbers,
        }
    )


def own_params(entry: Entry) -> dict[str, Json]:
    """Give the params of an entry less the grid, which names cells and sets nothing in one."""
    return {name: value for name, value in entry.params.items() if name.partition(".")[0] != "grid"}


def _canonical(entry: Entry) -> dict[str, Json]:
    return entry.model_dump()


def _shared(entry: Entry) -> dict[str, Json]:
    code = {dep.path: dep.md5 for dep in entry.deps if dep.path.endswith(".py")}
    return {"cmd": entry.cmd, "code": code, "params": own_params(entry)}
