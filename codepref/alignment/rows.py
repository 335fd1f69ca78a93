"""Rows to train on, as token ids: a prompt and the answers that continue it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar

from codepref.checkpoints.prompts import Renderer
from codepref.errors import DataError
from codepref.pairs.rows import Pair

IDS_SHOWN = 5
logger = logging.getLogger(__name__)


class Answer(Protocol):
    """What a sampled and a labelled response have in common."""

    @property
    def response_id(self) -> str:
        """Its own id."""

    @property
    def instruction_id(self) -> str:
        """What it answers."""

    @property
    def completion(self) -> str:
        """Its text, unedited."""


AnswerT = TypeVar("AnswerT", bound=Answer)


class Row(NamedTuple):
    """One prompt with its answers: chosen and then rejected, or those to imitate or to score.

    Attributes:
        row_id: pair_id, instruction_id or response_id.
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


class Encoder(NamedTuple):
    """How rows are written for the model to be trained, whoever wrote their answers.

    A prompt is the instruction's text in the template of that model, without the few-shot examples
    that the generator may have seen before it. A completion ends with its
    fence, so no EOS is added.

    Attributes:
        renderer: of the model.
        texts: the text of each instruction, by instruction_id.
        policy_digest: identity of the model's weights.
        max_length: in tokens, of a prompt with its longest answer.
    """

    renderer: Renderer
    texts: Mapping[str, str]
    policy_digest: str
    max_length: int

    def pairs(self, pairs: Sequence[Pair]) -> FittingRows:
        """Give a row for each pair that fits.

        Raises:
            DataError: the two sides of a pair are equal, a pair is on an instruction that there is
                not, the model's own prompt of then does not end as that of now, or a prompt alone
                is too long; the pairs are named.
        """
        self._require_texts({pair.pair_id: pair.instruction_id for pair in pairs})
        _require(
            [pair.pair_id for pair in pairs if pair.chosen == pair.rejected],
            "have the same text as chosen and rejected, expected two different ones",
        )
        prompts = {pair.pair_id: self._prompt(pair.instruction_id) for pair in pairs}
        _require(
            [
                pair.pair_id
                for pair in pairs
                if pair.generator_digest == self.policy_digest
                and not self.renderer.ends_prompt(self.texts[pair.instruction_id], pair.prompt)
            ],
            "were sampled from another prompt than their instruction now renders to",
        )
        return self._fitting(
            Row(
                row_id=pair.pair_id,
                prompt=self.renderer.encode_prompt(prompts[pair.pair_id]),
                answers=[self.renderer.encode_completion(t) for t in (pair.chosen, pair.rejected)],
            )
            for pair in pairs
        )

    def responses(self, answers: Sequence[Answer]) -> FittingRows:
        """Give a row for each instruction whose responses fit, they in order of response_id.

        Raises:
            DataError: a response is to an instruction that there is not, or a prompt alone is too
                long.
        """
        self._require_texts({a.response_id: a.instruction_id for a in answers})
        groups = groupby(in_rows(answers), key=lambda answer: answer.instruction_id)
        return self._fitting(
            Row(
                row_id=instruction_id,
                prompt=self.renderer.encode_prompt(self._prompt(instruction_id)),
                answers=[self.renderer.encode_completion(r.completion) for r in group],
            )
            for instruction_id, group in groups
        )

    def _prompt(self, instruction_id: str) -> str:
        return self.renderer.prompt(self.texts[instruction_id])

    def _fitting(self, rows: Iterable[Row]) -> FittingRows:
        return fit_length(list(rows), self.max_length)

    def _require_texts(self, wanted: Mapping[str, str]) -> None:
        unknown = [
            row for row, instruction_id in wanted.items() if instruction_id not in self.texts
        ]
        if unknown:
            raise DataError(
                f"{len(unknown)} rows are on instructions that are not in the table of "
                f"instructions: {_some(unknown)}; make both with `dvc repro`"
            )


def in_rows(answers: Iterable[AnswerT]) -> list[AnswerT]:
    """Order responses as they stand in rows: by instruction, then by id."""
    return sorted(answers, key=lambda answer: (answer.instruction_id, answer.response_id))


def fit_length(rows: Sequence[Row], max_length: int) -> FittingRows:
    """Leave out the rows that are longer than max_length tokens; none is cut.

    Raises:
        DataError: a prompt alone is as long, so that none of its answers could ever fit.
    """
    longest = max((len(row.prompt) for row in rows), default=0)
    _require(
        [row.row_id for row in rows if len(row.prompt) >= max_length],
        f"have prompts of up to {longest} tokens, expected fewer than max_length, {max_length}; "
        "raise it, or drop their instructions",
    )
    long = [row.row_id for row in rows if row.length > max_length]
    if long:
        logger.warning("%d rows are over max_length %d: %s", len(long), max_length, _some(long))
    return FittingRows([row for row in rows if row.length <= max_length], len(long))


def _require(bad: Sequence[str], complaint: str) -> None:
    if bad:
        raise DataError(f"{len(bad)} rows {complaint}: {_some(bad)}; build the pairs anew")


def _some(ids: Sequence[str]) -> str:
    return ", ".join([*ids[:IDS_SHOWN], *(["..."] if len(ids) > IDS_SHOWN else [])])
