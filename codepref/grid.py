"""The axes of the study: section `grid` of params.yaml."""

import itertools
from typing import Literal, Self

from pydantic import Field, model_validator

from codepref.benchmarks.rows import Benchmark
from codepref.schema import Strict

Start = Literal["pretrained", "finetuned"]
BASELINE = "baseline"


class Cell(Strict):
    """One training: a method and seed on the pairs of a generator.

    Attributes:
        generator: start whose answers the pairs are made of; None for the trained start's own.
    """

    method: str
    seed: int
    generator: str | None = None

    @property
    def variant(self) -> str:
        """Name of what it makes, within the start: "dpo-0", or "dpo-0-on-<generator>"."""
        own = f"{self.method}-{self.seed}"
        return own if self.generator is None else f"{own}-on-{self.generator}"


class OffPolicyCell(Strict):
    """One training on the pairs of another generator than the start that is trained."""

    model: str
    start: Start
    method: str
    seed: int
    generator: str


class Grid(Strict):
    """What is compared. Every cell is enumerated from these lists, never from files found.

    Attributes:
        models, starts, methods, seeds: every combination is trained, on the start's own pairs.
        off_policy: further trainings by name, each on the pairs of another generator.
        generators: whose answers make pairs: every start, and answer sets that are imported.
        benchmarks: whose scores are compared.
        searched: whose tasks no training row may meet; these, and others without scores.
        sft_models: models whose finetuned start the study makes itself.
    """

    models: list[str]
    starts: list[Start]
    methods: list[str] = Field(min_length=1)
    seeds: list[int]
    off_policy: dict[str, OffPolicyCell]
    generators: list[str]
    benchmarks: list[Benchmark]
    searched: list[Benchmark]
    sft_models: list[str]

    @model_validator(mode="after")
    def _every_start_makes_pairs(self) -> Self:
        starts = [f"{m}-{s}" for m, s in itertools.product(self.models, self.starts)]
        missing = sorted(set(starts) - set(self.generators))
        if missing or len(set(self.generators)) < len(self.generators):
            raise ValueError(
                f"generators: expected each start once ({', '.join(starts)}) beside imported "
                f"answer sets, got {', '.join(self.generators) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _each_off_policy_cell_can_be_made_once(self) -> Self:
        starts = {f"{m}-{s}" for m, s in itertools.product(self.models, self.starts)}
        seen: dict[OffPolicyCell, str] = {}
        for name, cell in self.off_policy.items():
            trained = f"{cell.model}-{cell.start}"
            others = set(self.generators) - {trained}
            if trained not in starts or cell.generator not in others:
                raise ValueError(
                    f"off_policy.{name}: expected a start of {sorted(starts)} and the pairs of "
                    f"another of grid.generators, got {trained} on {cell.generator}"
                )
            if seen.setdefault(cell, name) != name:
                raise ValueError(f"off_policy.{name}: the same training as {seen[cell]}")
        return self

    @model_validator(mode="after")
    def _what_is_scored_is_searched(self) -> Self:
        needed = ["humaneval_plus", "mbpp_plus"] if "evalperf" in self.benchmarks else []
        absent = [name for name in needed if name not in self.searched]
        if absent:
            raise ValueError(
                f"searched: evalperf takes its problems and tests from {' and '.join(needed)}, "
                f"and {', '.join(absent)} is not there"
            )
        missing = [name for name in self.benchmarks if name not in self.searched]
        if missing:
            raise ValueError(
                f"searched: expected every scored benchmark, {', '.join(missing)} is not there: "
                "what trains on its tasks would be scored by them"
            )
        for axis, names in (("benchmarks", self.benchmarks), ("searched", self.searched)):
            if len(set(names)) < len(names):
                raise ValueError(f"{axis}: expected each once, got {', '.join(names)}")
        return self

    @property
    def own_variants(self) -> list[str]:
        """Names of the trainings that every start has: those on its own pairs."""
        return [Cell(method=m, seed=seed).variant for m in self.methods for seed in self.seeds]

    def cells(self, model: str, start: str) -> list[Cell]:
        """Give the trainings of one start: those on its own pairs, then the off-policy ones."""
        own = [Cell(method=method, seed=seed) for method in self.methods for seed in self.seeds]
        others = [
            Cell(method=cell.method, seed=cell.seed, generator=cell.generator)
            for cell in self.off_policy.values()
            if (cell.model, cell.start) == (model, start)
        ]
        return [*own, *others]

    def stage_of(self, model: str, start: str, cell: Cell) -> str:
        """Name the stage that trains a cell."""
        if cell.generator is None:
            return f"align@{model}-{start}-{cell.variant}"
        wanted = {"model": model, "start": start, **cell.model_dump()}
        names = (name for name, known in self.off_policy.items() if known.model_dump() == wanted)
        return f"align_off_policy@{next(names)}"
