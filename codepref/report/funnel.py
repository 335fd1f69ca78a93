"""From seeds to pairs: what went into each step, what was taken away and why, what came out."""

from collections.abc import Mapping

from codepref.report.numbers import Numbers, Study, part
from codepref.schema import Strict


class Step(Strict):
    """One step of the funnel. Reasons with zero are kept."""

    name: str
    what: str
    n_in: int
    n_out: int
    reasons: dict[str, int]

    @property
    def share(self) -> float | None:
        """Fraction that came through; None of nothing."""
        return self.n_out / self.n_in if self.n_in else None


class SeedCounts(Numbers):
    """metrics/gather_seeds.json."""

    functions: int
    seeds: int
    rejected: dict[str, int]


class JudgedCounts(Numbers):
    """metrics/judge_seeds.json."""

    seeds: int
    kept: int
    rejected: dict[str, int]


class StepCounts(Numbers):
    """What each step of write_instructions read."""

    seeds: int
    concepts: int
    problems: int
    released: int


class InstructionCounts(Numbers):
    """metrics/write_instructions.json."""

    steps: StepCounts
    origins: dict[str, int]
    rejected: dict[str, dict[str, int]]


class PairCounts(Numbers):
    """metrics/build_pairs/<generator>.json."""

    n_pairs: int
    n_instructions: int
    n_responses: int
    instructions_dropped: dict[str, int]
    pairs_dropped: dict[str, int]
    responses: dict[str, int]


def funnel(study: Study) -> list[Step]:
    """Give the steps, those of each generator last."""
    keys = study.grid.generators
    return [
        *steps_to_instructions(study),
        *(step for key in keys for step in steps_to_pairs(study, key)),
    ]


def steps_to_instructions(study: Study) -> list[Step]:
    """Give the steps that all generators share."""
    seeds = part(study, "gather_seeds.json", SeedCounts)
    judged = part(study, "judge_seeds.json", JudgedCounts)
    written = part(study, "write_instructions.json", InstructionCounts)
    generated, problems, released = (
        written.origins.get(name, 0) for name in ("generated", "problems", "released")
    )
    return [
        _step("gather_seeds", "functions to seeds", seeds.functions, seeds.seeds, seeds.rejected),
        _step("judge_seeds", "seeds that are kept", judged.seeds, judged.kept, judged.rejected),
        _step(
            "write_instructions",
            "seeds to concepts",
            written.steps.seeds,
            written.steps.concepts,
            written.rejected["concepts"],
        ),
        _step(
            "write_instructions",
            "concepts to generated instructions",
            written.steps.concepts,
            generated,
            written.rejected["instruction"],
        ),
        _step(
            "write_instructions",
            "problems with given tests to instructions",
            written.steps.problems,
            problems,
            written.rejected["problem"],
        ),
        _step(
            "write_instructions",
            "instructions of released answer sets",
            written.steps.released,
            released,
            written.rejected["released"],
        ),
    ]


def start_keys(study: Study) -> list[str]:
    """Name the starts: "<model>-<start>"."""
    return [f"{model}-{start}" for model in study.grid.models for start in study.grid.starts]


def steps_to_pairs(study: Study, key: str) -> list[Step]:
    """Give the steps of one generator."""
    counts = _pairs(study, key)
    labelled = {name: counts.responses.get(name, 0) for name in ("chosen", "rejected")}
    left_out = {name: n for name, n in counts.responses.items() if name not in labelled}
    return [
        _step(
            f"build_pairs {key}",
            "responses to chosen or rejected",
            counts.n_responses,
            sum(labelled.values()),
            left_out,
        ),
        _step(
            f"build_pairs {key}",
            "instructions that have a pair",
            counts.n_instructions,
            counts.n_instructions - sum(counts.instructions_dropped.values()),
            counts.instructions_dropped,
        ),
        _step(
            f"build_pairs {key}",
            "pairs that repeat no other",
            counts.n_pairs + sum(counts.pairs_dropped.values()),
            counts.n_pairs,
            counts.pairs_dropped,
        ),
    ]


def _pairs(study: Study, key: str) -> PairCounts:
    return part(study, f"build_pairs/{key}.json", PairCounts)


def _step(name: str, what: str, n_in: int, n_out: int, reasons: Mapping[str, int]) -> Step:
    return Step(name=name, what=what, n_in=n_in, n_out=n_out, reasons=dict(reasons))
