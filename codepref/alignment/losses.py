"""Preference losses as pure functions of sequence log-probabilities."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


class PairLogps(NamedTuple):
    """Log-probabilities of both sides of each pair, summed over completion tokens, in nats.

    Each has shape (pairs,).
    """

    chosen: Tensor
    rejected: Tensor


def log_ratio_gap(policy: PairLogps, reference: PairLogps) -> Tensor:
    """Gap h = [log pi(chosen) - log pi(rejected)] - [the same under the reference].

    In nats. Shape (pairs,).

    Raises:
        ValueError: the shapes differ.
    """
    _check_shapes(policy, reference)
    return (policy.chosen - policy.rejected) - (reference.chosen - reference.rejected)


def dpo_loss(policy: PairLogps, reference: PairLogps, beta: float) -> Tensor:
    """DPO loss of each pair: -log sigmoid(beta h).

    Source: Rafailov et al. 2023, arXiv:2305.18290, eq. 7.

    Args:
        policy: log-probabilities under the policy.
        reference: the same under the reference model.
        beta: weight of the KL term, > 0, in 1/nats.

    Returns:
        One loss per pair, in nats. Shape (pairs,).

    Raises:
        ValueError: the shapes differ, or beta is not positive.
    """
    if beta <= 0:
        raise ValueError(f"beta must be > 0, got {beta}")
    return -logsigmoid(beta * log_ratio_gap(policy, reference))


def bonbon_loss(policy: PairLogps, reference: PairLogps, target: Tensor, alpha: float) -> Tensor:
    """BoNBoN loss of each pair: alpha (-log pi(chosen)) + (1 - alpha) (h - target)^2.

    Source: Gui et al. 2024, arXiv:2406.00832, eq. 4.1-4.4. Log-probabilities are sums, where
    trl's loss_type="ipo" takes means, so its target margin would be another one.

    Args:
        policy: log-probabilities under the policy.
        reference: the same under the reference model.
        target: margin asked for, 1 / (2 beta_n), in nats. Shape (pairs,).
        alpha: weight of the likelihood term, in [0, 1].

    Returns:
        One loss per pair, in nats (first term) and nats squared (second). Shape (pairs,).

    Raises:
        ValueError: the shapes differ, or alpha is out of range.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie in [0, 1], got {alpha}")
    gap = log_ratio_gap(policy, reference)
    if target.shape != gap.shape:
        raise ValueError(f"one target per pair: got {tuple(target.shape)}, {tuple(gap.shape)}")
    return -alpha * policy.chosen + (1 - alpha) * torch.square(gap - target)


def _check_shapes(policy: PairLogps, reference: PairLogps) -> None:
    shapes = {tuple(logps.shape) for logps in (*policy, *reference)}
    if len(shapes) > 1:
        raise ValueError(f"log-probabilities of one batch must have one shape, got {shapes}")
