"""Rows of the contamination tables: what of the data meets which benchmark task."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from codepref.records import Record

Kind = Literal["seed", "instruction", "response"]
Method = Literal["task_id", "ngram", "minhash", "ast", "test_inputs"]


class Hit(Record):
    """One row of the data that meets one task of a benchmark, by one method.

    Attributes:
        hit_id: content id of kind, row_id, instruction_id, benchmark, task_id and method.
        kind: table of the row.
        row_id: seed_id, instruction_id or response_id.
        instruction_id: what the row asks, answers, or led to; None for a seed that led to none.
        score: similarity by the method, in [0, 1].
        removes: the score reaches the bound of the method, so the row is left out of all training.
        row_text, task_text: excerpts that show the overlap.
    """

    hit_id: str
    kind: Kind
    row_id: str
    instruction_id: str | None
    benchmark: str
    task_id: str
    method: Method
    score: float
    removes: bool
    row_text: str
    task_text: str


class Removed(NamedTuple):
    """What no training may read: every response to these instructions, and these responses."""

    instructions: frozenset[str]
    responses: frozenset[str]

    def has(self, response_id: str, instruction_id: str) -> bool:
        """Whether a response is left out of all training."""
        return response_id in self.responses or instruction_id in self.instructions


def removed_by(hits: Iterable[Hit]) -> Removed:
    """Give what the hits remove; a seed's or an instruction's takes all responses below it."""
    removing = [hit for hit in hits if hit.removes]
    return Removed(
        frozenset(
            hit.instruction_id
            for hit in removing
            if hit.kind != "response" and hit.instruction_id is not None
        ),
        frozenset(hit.row_id for hit in removing if hit.kind == "response"),
    )
