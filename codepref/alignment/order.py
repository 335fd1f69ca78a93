"""The order of rows in training: one for any number of processes, each row once an epoch."""

from collections.abc import Callable, Iterator
from itertools import repeat

import torch
from torch.utils.data import Sampler


class EpochOrder(Sampler[int]):
    """A new order of the rows in each epoch, filled up to a multiple of what is forwarded at once.

    accelerate hands forwards to processes in turn, and lets the first rows count twice where the
    last turn is not full. Here n_rows, which stands for no row, fills that turn.
    """

    def __init__(self, n_rows: int, at_once: int, seed: int, epoch: Callable[[], int]) -> None:
        self._n_rows = n_rows
        self._n_fill = -n_rows % at_once
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return self._n_rows + self._n_fill

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed + self._epoch())
        yield from torch.randperm(self._n_rows, generator=generator).tolist()
        yield from repeat(self._n_rows, self._n_fill)
