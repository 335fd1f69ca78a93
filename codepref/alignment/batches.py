"""Rows to batches: a data set of indices, and a collator that packs what they stand for."""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

from codepref.alignment.packing import PackedBatch, pack
from codepref.alignment.reference import ReferenceLogps
from codepref.alignment.rows import Row

NOT_COUNTED = -100


class RowBatch(PackedBatch):
    """A packed batch, and which rows it holds.

    Attributes:
        index: position of each row among all. Shape (rows,).
        weight: 1, or 0 where no row was left and another stands in. A scalar.
        shift_labels: what a step's loss is the mean over, under the name by which transformers
            counts it; -100 does not count.
    """

    index: Tensor
    weight: Tensor
    shift_labels: Tensor


class PairBatch(RowBatch):
    """A packed batch of pairs.

    Attributes:
        reference: log-probabilities of chosen and rejected under the reference. Shape (pairs, 2).
        beta: scale of the pair's implicit reward. Shape (pairs,).
        chosen_tokens: tokens of the chosen completion. Shape (pairs,).
    """

    reference: Tensor
    beta: Tensor
    chosen_tokens: Tensor


class RowCollator:
    """Packs the rows that a list of examples names. A loss is the mean over their tokens."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __call__(self, examples: Sequence[dict[str, int]]) -> RowBatch:
        """Give the batch of some examples."""
        rows = [example["index"] for example in examples if example["index"] < len(self._rows)]
        index = rows or [0]  # a process without a row takes part in the exchange of gradients
        packed = pack([self._rows[i] for i in index])
        return RowBatch(
            **packed,
            index=torch.tensor(index),
            weight=torch.tensor(float(bool(rows))),
            shift_labels=packed["labels"] if rows else torch.tensor([NOT_COUNTED]),
        )


class PairCollator:
    """Packs pairs, with what is known of each. A loss is the mean over pairs."""

    def __init__(
        self,
        rows: Sequence[Row],
        reference: Sequence[ReferenceLogps],
        betas: Sequence[float],
    ) -> None:
        self._rows = rows
        self._pack = RowCollator(rows)
        self._reference = [[row.chosen_logp, row.rejected_logp] for row in reference]
        self._betas = betas

    def __call__(self, examples: Sequence[dict[str, int]]) -> PairBatch:
        """Give the batch of some examples."""
        batch = self._pack(examples)
        index = batch["index"].tolist()
        if batch["weight"]:
            batch["shift_labels"] = batch["index"]
        return PairBatch(
            **batch,
            reference=torch.tensor([self._reference[i] for i in index]),
            beta=torch.tensor([self._betas[i] for i in index]),
            chosen_tokens=torch.tensor([len(self._rows[i].answers[0]) for i in index]),
        )


class UnpairedCollator(DataCollatorForUnpairedPreference):
    """TRL's batch of labelled responses, with which rows they belong to."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Give the batch of some examples; index has shape (responses,)."""
        batch: dict[str, Any] = super().torch_call(examples)
        return {**batch, "index": torch.tensor([example["index"] for example in examples])}


def index_dataset(n_rows: int) -> Dataset:
    """Give a data set whose example i stands for row i; the last, n_rows, stands for none."""
    return Dataset.from_dict({"index": list(range(n_rows + 1))})
