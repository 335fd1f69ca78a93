"""Log-probabilities of packed answers under a causal language model."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from codepref.alignment.losses import PairLogps
from codepref.alignment.packing import PackedBatch


def answer_logps(model: nn.Module, batch: PackedBatch, n_answers: int) -> Tensor:
    """Log-probability of each answer, summed over its tokens, in nats. Shape (n_answers,).

    The vocabulary's logits are computed only where an answer's token is predicted.
    """
    output: Any = model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        attention_mask=batch["attention_mask"],
        logits_to_keep=batch["keep"],
        use_cache=False,
    )
    logits = output.logits.flatten(0, 1).index_select(0, batch["at"]).float()
    logps = logits.log_softmax(-1).gather(1, batch["labels"][:, None]).squeeze(1)
    return cast(Tensor, logps.new_zeros(n_answers).index_add(0, batch["answer"], logps))


def pair_logps(model: nn.Module, batch: PackedBatch) -> PairLogps:
    """Log-probabilities of both sides of each pair of a batch."""
    sides = answer_logps(model, batch, 2 * len(batch["input_ids"])).view(-1, 2)
    return PairLogps(chosen=sides[:, 0], rejected=sides[:, 1])


def to_device(batch: PackedBatch, device: torch.device) -> PackedBatch:
    """Copy a batch to a device."""
    moved = {name: cast(Tensor, tensor).to(device) for name, tensor in batch.items()}
    return cast(PackedBatch, moved)
