"""Counts of what went into instructions, what was turned away and why, and what came out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from codepref.errors import DataError
from codepref.records import Json
from codepref.selfalign.parse import ConceptsReason, InstructionReason
from codepref.selfalign.repeats import RepeatReason
from codepref.selfalign.rows import (
    Category,
    Difficulty,
    Instruction,
    Origin,
    RejectedInstruction,
)
from codepref.selfalign.selection import ProblemReason, ReleasedReason

REASONS = {
    "concepts": [*get_args(ConceptsReason), "prompt_too_long"],
    "instruction": [
        *get_args(InstructionReason),
        "prompt_too_long",
        "duplicate",
        *get_args(RepeatReason),
    ],
    "problem": list(get_args(ProblemReason)),
    "released": list(get_args(ReleasedReason)),
}


def count(
    instructions: Sequence[Instruction], rejects: Sequence[RejectedInstruction]
) -> dict[str, Json]:
    """Count instructions by origin, category and difficulty, and rejects by step and reason."""
    return {
        "instructions": len(instructions),
        "origins": _tally([item.origin for item in instructions], get_args(Origin)),
        "categories": _tally([item.category for item in instructions], get_args(Category)),
        "difficulties": _tally([item.difficulty for item in instructions], get_args(Difficulty)),
        "distinct_concepts": len({name.lower() for item in instructions for name in item.concepts}),
        "rejected": {
            step: _tally([item.reason for item in rejects if item.step == step], reasons)
            for step, reasons in REASONS.items()
        },
    }


def require_some(
    instructions: Sequence[Instruction],
    rejects: Sequence[RejectedInstruction],
    steps: Mapping[str, int],
) -> None:
    """Refuse an empty result.

    Raises:
        DataError: there is no instruction; the message gives the funnel.
    """
    if instructions:
        return
    reasons = Counter(f"{item.step} {item.reason}" for item in rejects)
    taken = ", ".join(f"{name} {n}" for name, n in reasons.most_common()) or "none"
    read = ", ".join(f"{name} {n}" for name, n in steps.items())
    raise DataError(
        f"no instruction is left; read: {read}; turned away: {taken}; name another set of problems "
        "or another generator in params write_instructions"
    )


def _tally(values: Sequence[str], names: Sequence[str]) -> dict[str, Json]:
    counts = Counter(dict.fromkeys(names, 0))
    counts.update(values)
    return dict(counts)
