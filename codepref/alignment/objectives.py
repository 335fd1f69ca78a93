"""What the preference methods minimise, with the scale of each pair's implicit reward."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor

from codepref.alignment.config import BonbonConfig, DpoConfig
from codepref.alignment.losses import PairLogps, bonbon_loss, dpo_loss
from codepref.alignment.targets import bonbon_target, discrete_target, shrunk_rate
from codepref.pairs.rows import Pair

PairLoss = Callable[[PairLogps, PairLogps, Tensor], Tensor]


class Objective(NamedTuple):
    """A loss of policy, reference and betas, and the beta of each pair.

    A pair's implicit rewards are beta (log pi - log pi_ref), in nats times beta.
    """

    loss: PairLoss
    betas: list[float]


def dpo_objective(pairs: Sequence[Pair], config: DpoConfig) -> Objective:
    """DPO: one beta for all pairs."""

    def loss(policy: PairLogps, reference: PairLogps, _: Tensor) -> Tensor:
        return dpo_loss(policy, reference, config.beta)

    return Objective(loss, [config.beta] * len(pairs))


def bonbon_objective(pairs: Sequence[Pair], config: BonbonConfig) -> Objective:
    """BoNBoN: each pair's beta is 1 / (2 target), its target that of its own n samples."""

    def loss(policy: PairLogps, reference: PairLogps, betas: Tensor) -> Tensor:
        return bonbon_loss(policy, reference, 1 / (2 * betas), config.alpha)

    return Objective(loss, [1 / (2 * _target(pair, config)) for pair in pairs])


def _target(pair: Pair, config: BonbonConfig) -> float:
    if config.target == "paper":
        return bonbon_target(pair.n_samples)
    return discrete_target(shrunk_rate(pair.n_passed, pair.n_samples), pair.n_samples)
