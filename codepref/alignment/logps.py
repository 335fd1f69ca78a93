"""Log-probabilities of packed answers under a causal language model."""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from codepref.alignment.losses import PairLogps
from codepref.alignment.packing import PackedBatch


class AnswerLogps(NamedTuple):
    """What a model says of packed answers.

    Attributes:
        logps: log-probability of each answer, summed over its tokens, in nats. Shape (answers,).
        entropy: of the model's next token, mean over the answers' tokens, in nats. A scalar
            without gradient.
    """

    logps: Tensor
    entropy: Tensor


def answer_logps(model: nn.Module, batch: PackedBatch, n_answers: int) -> AnswerLogps:
    """Log-probabilities and entropy of the answers of a batch.

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
    vocabulary = logits.log_softmax(-1)
    logps = vocabulary.gather(1, batch["labels"][:, None]).squeeze(1)
    with torch.no_grad():
        entropy = -(vocabulary.exp() * vocabulary).sum(-1).mean()
    return AnswerLogps(logps.new_zeros(n_answers).index_add(0, batch["answer"], logps), entropy)


def pair_logps(answers: AnswerLogps) -> PairLogps:
    """Log-probabilities of both sides of each pair, chosen before rejected."""
    sides = answers.logps.view(-1, 2)
    return PairLogps(chosen=sides[:, 0], rejected=sides[:, 1])


def to_device(batch: PackedBatch, device: torch.device) -> PackedBatch:
    """Copy a batch to a device."""
    moved = {name: cast(Tensor, tensor).to(device) for name, tensor in batch.items()}
    return cast(PackedBatch, moved)
