"""Preference losses."""

import math

import pytest
import torch

from codepref.alignment.losses import (
    PairLogps,
    bonbon_loss,
    dpo_loss,
    ipo_loss,
    log_ratio_gap,
    rpo_loss,
)
from codepref.alignment.targets import bonbon_target


def logps(chosen: list[float], rejected: list[float]) -> PairLogps:
    return PairLogps(
        torch.tensor(chosen, dtype=torch.float64), torch.tensor(rejected, dtype=torch.float64)
    )


REFERENCE = logps([-5.0, -7.0], [-6.0, -4.0])


def test_the_gap_is_zero_where_policy_and_reference_agree() -> None:
    assert log_ratio_gap(REFERENCE, REFERENCE).tolist() == [0.0, 0.0]


def test_dpo_starts_at_log_2() -> None:
    loss = dpo_loss(REFERENCE, REFERENCE, beta=0.1)
    assert loss.tolist() == pytest.approx([math.log(2)] * 2)


def test_dpo_loss_by_hand() -> None:
    """h = (-4 + 8) - (-5 + 6) = 3 and (-7 + 4) - (-7 + 4) = 0; loss = log(1 + exp(-h / 2))."""
    policy = logps([-4.0, -7.0], [-8.0, -4.0])
    expected = [math.log1p(math.exp(-1.5)), math.log(2)]
    assert dpo_loss(policy, REFERENCE, beta=0.5).tolist() == pytest.approx(expected)


def test_dpo_refuses_a_beta_that_is_not_positive() -> None:
    with pytest.raises(ValueError, match="beta must be > 0, got 0"):
        dpo_loss(REFERENCE, REFERENCE, beta=0)


def test_bonbon_starts_at_its_squared_target_and_the_likelihood() -> None:
    """n = 2: target (2 - 1) * 1 = 1, so (1 - a) * 1 + a * (-log p); a = 0.25 and 5, 7 nats."""
    target = torch.full((2,), bonbon_target(2), dtype=torch.float64)
    loss = bonbon_loss(REFERENCE, REFERENCE, target, alpha=0.25).total
    assert loss.tolist() == pytest.approx([0.75 + 1.25, 0.75 + 1.75])


def test_bonbon_gradient_by_hand() -> None:
    """d/d log p(chosen) = -a + 2 (1 - a) (h - t), d/d log p(rejected) = -2 (1 - a) (h - t)."""
    policy = logps([-4.0, -7.0], [-8.0, -4.0])  # h = 3, 0
    policy.chosen.requires_grad_(), policy.rejected.requires_grad_()
    target = torch.tensor([5.0, 5.0], dtype=torch.float64)
    bonbon_loss(policy, REFERENCE, target, alpha=0.5).total.sum().backward()
    assert policy.chosen.grad is not None and policy.rejected.grad is not None
    assert policy.chosen.grad.tolist() == pytest.approx([-0.5 - 2, -0.5 - 5])
    assert policy.rejected.grad.tolist() == pytest.approx([2, 5])


def test_bonbon_refuses_an_alpha_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"alpha must lie in \[0, 1\], got 2"):
        bonbon_loss(REFERENCE, REFERENCE, torch.ones(2), alpha=2)


def test_ipo_loss_by_hand() -> None:
    """h = 3 and 0, tau = 1/4: (3 - 2)^2 and (0 - 2)^2. Sums, where trl would take means."""
    policy = logps([-4.0, -7.0], [-8.0, -4.0])
    assert ipo_loss(policy, REFERENCE, tau=0.25).tolist() == pytest.approx([1.0, 4.0])


def test_ipo_gradient_is_zero_at_its_margin_and_pulls_back_beyond() -> None:
    policy = logps([-3.0, -1.0], [-8.0, -4.0])  # h = 4, 6 at a margin of 4
    policy.chosen.requires_grad_()
    ipo_loss(policy, REFERENCE, tau=1 / 8).sum().backward()
    assert policy.chosen.grad is not None
    assert policy.chosen.grad.tolist() == pytest.approx([0.0, 4.0])


def test_rpo_is_dpo_and_the_chosen_sides_likelihood_per_token() -> None:
    policy = logps([-4.0, -7.0], [-8.0, -4.0])
    tokens = torch.tensor([2, 7])
    found = rpo_loss(policy, REFERENCE, tokens, beta=0.5, alpha=3.0).total
    dpo = [math.log1p(math.exp(-1.5)), math.log(2)]
    assert found.tolist() == pytest.approx([dpo[0] + 3 * 2.0, dpo[1] + 3 * 1.0])


@pytest.mark.parametrize(("tau", "alpha"), [(0.0, 1.0), (-1.0, 1.0), (1.0, -0.1)])
def test_weights_out_of_range_are_refused(tau: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="must be >"):
        ipo_loss(REFERENCE, REFERENCE, tau)
        rpo_loss(REFERENCE, REFERENCE, torch.ones(2), beta=0.1, alpha=alpha)


def test_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        dpo_loss(logps([-1.0], [-2.0]), REFERENCE, beta=0.1)
    with pytest.raises(ValueError, match="one number of tokens per pair"):
        rpo_loss(REFERENCE, REFERENCE, torch.ones(1), beta=0.1, alpha=0.1)
    with pytest.raises(ValueError, match="one target per pair"):
        bonbon_loss(REFERENCE, REFERENCE, torch.ones(1), alpha=0.1)
