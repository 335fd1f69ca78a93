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


class Parts(NamedTuple):
    """A loss of each pair as its two weighted parts. Shape (pairs,) each."""

    contrast: Tensor
    likelihood: Tensor

    @property
    def total(self) -> Tensor:
        """The loss of each pair. Shape (pairs,)."""
        return self.contrast + self.likelihood


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
    _check_positive("beta", beta)
    return -logsigmoid(beta * log_ratio_gap(policy, reference))


def ipo_loss(policy: PairLogps, reference: PairLogps, tau: float) -> Tensor:
    """IPO loss of each pair: (h - 1 / (2 tau))^2, with h of summed log-probabilities.

    Source: Azar et al. 2023, arXiv:2310.12036, eq. 17. trl's loss_type="ipo" divides each side's
    log-ratio by its own number of tokens first, which is another loss.

    Args:
        policy: log-probabilities under the policy.
        reference: the same under the reference model.
        tau: weight of the KL term, > 0, in 1/nats.

    Returns:
        One loss per pair, in nats squared. Shape (pairs,).

    Raises:
        ValueError: the shapes differ, or tau is not positive.
    """
    _check_positive("tau", tau)
    gap = log_ratio_gap(policy, reference)
    return torch.square(gap - 1 / (2 * tau))


def rpo_loss(
    policy: PairLogps, reference: PairLogps, chosen_tokens: Tensor, *, beta: float, alpha: float
) -> Parts:
    """RPO loss of each pair: DPO's and alpha times the NLL of the chosen side per token.

    Source: Pang et al. 2024, arXiv:2404.19733, eq. 1 (their alpha weighs the NLL).

    Args:
        policy: log-probabilities under the policy.
        reference: the same under the reference model.
        chosen_tokens: tokens of each chosen completion. Shape (pairs,).
        beta: weight of the KL term, > 0, in 1/nats.
        alpha: weight of the likelihood, >= 0.

    Returns:
        Both parts, in nats.

    Raises:
        ValueError: the shapes differ, or a weight is out of range.
    """
    if alpha < 0:
        raise ValueError(f"alpha must be >= 0, got {alpha}")
    _check_one_per_pair("number of tokens", chosen_tokens, policy.chosen)
    return Parts(
        contrast=dpo_loss(policy, reference, beta),
        likelihood=alpha * (-policy.chosen / chosen_tokens),
    )


def bonbon_loss(policy: PairLogps, reference: PairLogps, target: Tensor, alpha: float) -> Parts:
    """BoNBoN loss of each pair: alpha (-log pi(chosen)) + (1 - alpha) (h - target)^2.

    Source: Gui et al. 2024, arXiv:2406.00832, eq. 4.1-4.4. The authors' released code runs another
    contrast, -log sigmoid(beta_n h); this is the paper's.

    Args:
        policy: log-probabilities under the policy.
        reference: the same under the reference model.
        target: margin asked for, 1 / (2 beta_n), in nats. Shape (pairs,).
        alpha: weight of the likelihood term, in [0, 1].

    Returns:
        Both parts: the contrast in nats squared, the likelihood in nats.

    Raises:
        ValueError: the shapes differ, or alpha is out of range.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie in [0, 1], got {alpha}")
    gap = log_ratio_gap(policy, reference)
    _check_one_per_pair("target", target, gap)
    return Parts(
        contrast=(1 - alpha) * torch.square(gap - target), likelihood=-alpha * policy.chosen
    )


def _check_positive(name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{name} must be > 0, got {value}")


def _check_one_per_pair(what: str, values: Tensor, pairs: Tensor) -> None:
    if values.shape != pairs.shape:
        raise ValueError(f"one {what} per pair: got {tuple(values.shape)}, {tuple(pairs.shape)}")


def _check_shapes(policy: PairLogps, reference: PairLogps) -> None:
    shapes = {tuple(logps.shape) for logps in (*policy, *reference)}
    if len(shapes) > 1:
        raise ValueError(f"log-probabilities of one batch must have one shape, got {shapes}")
