"""Draw one token for each row from its logits and its own uniform number."""

from typing import NamedTuple

import torch
from torch import Tensor


class Draw(NamedTuple):
    """Tokens drawn, and their log-probabilities at temperature 1 in nats. Shapes (batch,)."""

    tokens: Tensor
    logps: Tensor


def draw_tokens(logits: Tensor, uniforms: Tensor, temperature: float, top_p: float) -> Draw:
    """Draw by inverse CDF, so that a row's token depends on its logits and uniform alone.

    Args:
        logits: scores of the next token. Shape (batch, vocabulary).
        uniforms: in [0, 1), one for each row. Shape (batch,).
        temperature: 0 takes the most likely token and ignores the uniform.
        top_p: only the fewest most likely tokens whose probabilities reach this sum are kept.
    """
    logits = logits.float()
    if temperature == 0:
        tokens = logits.argmax(-1)
    else:
        probabilities = _nucleus(torch.softmax(logits / temperature, -1).double(), top_p)
        cumulated = probabilities.cumsum(-1)
        targets = uniforms.to(cumulated)[:, None] * cumulated[:, -1:]
        tokens = torch.searchsorted(cumulated, targets, right=True)[:, 0]
        tokens = tokens.clamp(max=logits.shape[-1] - 1)
    logps = torch.log_softmax(logits, -1).gather(-1, tokens[:, None])[:, 0]
    return Draw(tokens, logps)


def _nucleus(probabilities: Tensor, top_p: float) -> Tensor:
    if top_p == 1:
        return probabilities
    ordered, places = probabilities.sort(stable=True, dim=-1, descending=True)
    outside = ordered.cumsum(-1) - ordered >= top_p
    return torch.zeros_like(probabilities).scatter(-1, places, ordered.masked_fill(outside, 0))
