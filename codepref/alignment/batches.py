"""Rows to batches: a data set of indices, and a collator that packs what they stand for."""

from collections.abc import Sequence

import torch
from datasets import Dataset
from torch import Tensor

from codepref.alignment.packing import PackedBatch, pack
from codepref.alignment.rows import Row


class RowBatch(PackedBatch):
    """A packed batch, and which rows it holds.

    Attributes:
        index: position of each row among all. Shape (rows,).
        shift_labels: the labels once more, under the name by which transformers counts tokens.
    """

    index: Tensor
    shift_labels: Tensor


class PairBatch(RowBatch):
    """A packed batch of pairs.

    Attributes:
        reference: log-probabilities of chosen and rejected under the reference. Shape (pairs, 2).
        beta: scale of the pair's implicit reward. Shape (pairs,).
    """

    reference: Tensor
    beta: Tensor


class RowCollator:
    """Packs the rows that a list of examples names."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, examples: Sequence[dict[str, int]]) -> RowBatch:
        """Give the batch of some examples."""
        index = [example["index"] for example in examples]
        packed = pack([self._rows[i] for i in index])
        return RowBatch(**packed, index=torch.tensor(index), shift_labels=packed["labels"])


class PairCollator:
    """Packs pairs, with what is known of each."""

    def __init__(
        self, rows: Sequence[Row], reference: Sequence[Sequence[float]], betas: Sequence[float]
    ) -> None:
        self._pack = RowCollator(rows)
        self._reference = reference
        self._betas = betas

    def __call__(self, examples: Sequence[dict[str, int]]) -> PairBatch:
        """Give the batch of some examples."""
        batch = self._pack(examples)
        index = batch["index"].tolist()
        return PairBatch(
            **batch,
            reference=torch.tensor([self._reference[i] for i in index]),
            beta=torch.tensor([self._betas[i] for i in index]),
        )


def index_dataset(n_rows: int) -> Dataset:
    """Give a data set whose example i stands for row i."""
    return Dataset.from_dict({"index": list(range(n_rows))})
