"""A batch in which the answers to one prompt share its tokens.

A row holds the prompt once and every answer behind it. An answer attends to the prompt and to
itself, and its positions go on from the prompt's end, so each log-probability is that of prompt
and answer alone, at two thirds of the tokens for a pair with a long prompt.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypedDict

import torch
from torch import Tensor

from codepref.alignment.rows import Row

PAD_SEGMENT = -1


class PackedBatch(TypedDict):
    """Rows as tensors; rows are padded on the right to the longest, T tokens.

    Attributes:
        input_ids, position_ids: shape (rows, T).
        attention_mask: true where a query (third axis) may see a key (last). (rows, 1, T, T).
        keep: positions that some label is predicted from, ascending. Shape (K,).
        at: index of each label's prediction in the flattened (rows, K). Shape (labels,).
        labels: token to predict. Shape (labels,).
        answer: number of the answer that the label is of, row by row. Shape (labels,).
        n_tokens: tokens of the batch, padding not counted. A scalar.
    """

    input_ids: Tensor
    position_ids: Tensor
    attention_mask: Tensor
    keep: Tensor
    at: Tensor
    labels: Tensor
    answer: Tensor
    n_tokens: Tensor


class _Token(NamedTuple):
    token: int
    position: int
    segment: int
    source: int


def pack(rows: Sequence[Row]) -> PackedBatch:
    """Pack rows into one batch.

    Raises:
        ValueError: there is no row, or an empty prompt, so that nothing predicts a first token.
    """
    if not rows or not all(row.prompt for row in rows):
        raise ValueError("packing needs rows, each with a prompt")
    packed = [list(_tokens(row)) for row in rows]
    width = max(map(len, packed))
    grid = torch.zeros(3, len(rows), width, dtype=torch.long)
    grid[2] = PAD_SEGMENT
    for line, tokens in zip(grid.unbind(1), packed, strict=True):
        line[:, : len(tokens)] = torch.tensor([token[:3] for token in tokens]).T
    labelled = [(i, t) for i, tokens in enumerate(packed) for t in tokens if t.segment > 0]
    sources = torch.tensor([token.source for _, token in labelled])
    keep, column = torch.unique(sources, return_inverse=True)
    first = [sum(len(row.answers) for row in rows[:i]) for i in range(len(rows))]
    return PackedBatch(
        input_ids=grid[0],
        position_ids=grid[1],
        attention_mask=_may_attend(grid[2]),
        keep=keep,
        at=column + len(keep) * torch.tensor([i for i, _ in labelled]),
        labels=torch.tensor([token.token for _, token in labelled]),
        answer=torch.tensor([first[i] + token.segment - 1 for i, token in labelled]),
        n_tokens=torch.tensor(sum(map(len, packed))),
    )


def _tokens(row: Row) -> Iterator[_Token]:
    for position, token in enumerate(row.prompt):
        yield _Token(token, position, segment=0, source=position - 1)
    start = len(row.prompt)
    for segment, answer in enumerate(row.answers, start=1):
        for i, token in enumerate(answer):
            source = start + i - 1 if i else len(row.prompt) - 1
            yield _Token(token, len(row.prompt) + i, segment, source)
        start += len(answer)


def _may_attend(segment: Tensor) -> Tensor:
    """Causal, inside the prompt and one answer; padding sees itself, or it would be NaN."""
    key, query = segment[:, None, :], segment[:, :, None]
    causal = torch.ones(segment.shape[1], segment.shape[1], dtype=torch.bool).tril()
    return (causal & ((key == 0) | (key == query)))[:, None]
