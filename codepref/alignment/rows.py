"""Rows to train on, as token ids: a prompt and the answers that continue it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from codepref.checkpoints.prompts import Renderer
from codepref.errors import DataError
from codepref.pairs.rows import Pair

IDS_SHOWN = 5


class Row(NamedTuple):
    """One prompt with its answers: chosen and then rejected, or those to imitate.

    Attributes:
        row_id: pair_id or instruction_id.
        prompt: token ids. answers: token ids of each, without special tokens.
    """

    row_id: str
    prompt: list[int]
    answers: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens of the prompt with its longest answer."""
        return len(self.prompt) + max(map(len, self.answers))

    @property
    def n_answer_tokens(self) -> int:
        """Tokens of all answers, those that the loss sees."""
        return sum(map(len, self.answers))


class FittingRows(NamedTuple):
    """Rows that fit max_length, and how many did not."""

    rows: list[Row]
    n_too_long: int


def encode_pairs(pairs: Iterable[Pair], renderer: Renderer) -> list[Row]:
    """Encode pairs as they were sampled; a completion ends with its fence, so no EOS is added.

    Raises:
        DataError: the two sides of a pair are equal; the pairs are named.
    """
    rows = [
        Row(
            row_id=pair.pair_id,
            prompt=renderer.encode_prompt(pair.prompt),
            answers=[renderer.encode_completion(text) for text in (pair.chosen, pair.rejected)],
        )
        for pair in pairs
    ]
    equal = [row.row_id for row in rows if row.answers[0] == row.answers[1]]
    if equal:
        raise DataError(
            f"pairs: {len(equal)} have the same text as chosen and rejected, expected two "
            f"different ones: {', '.join(equal[:IDS_SHOWN])}; build the pairs anew"
        )
    return rows


def fit_length(rows: Sequence[Row], max_length: int) -> FittingRows:
    """Leave out the rows that are longer than max_length tokens; none is cut."""
    fitting = [row for row in rows if row.length <= max_length]
    return FittingRows(fitting, len(rows) - len(fitting))
