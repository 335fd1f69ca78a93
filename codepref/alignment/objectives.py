"""What the pair methods minimise, part by part, with the scale of each pair's implicit reward."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor

from codepref.alignment.config import (
    BonbonConfig,
    DpoConfig,
    IpoConfig,
    MethodConfig,
    RpoConfig,
)
from codepref.alignment.losses import (
    PairLogps,
    Parts,
    bonbon_loss,
    dpo_loss,
    ipo_loss,
    rpo_loss,
)
from codepref.alignment.targets import bonbon_target, discrete_target, smoothed_chances
from codepref.pairs.rows import Pair

CONTRAST, LIKELIHOOD = "loss/contrast", "loss/likelihood"


class PairTerms(NamedTuple):
    """What a loss of pairs may use. beta, chosen_tokens: shape (pairs,)."""

    policy: PairLogps
    reference: PairLogps
    beta: Tensor
    chosen_tokens: Tensor


class Objective(NamedTuple):
    """A loss as the sum of its weighted parts.

    Attributes:
        parts: gives each part by name, one value per pair. Shape (pairs,) each.
        names: of the parts.
        betas: of the pairs. A pair's implicit rewards are beta (log pi - log pi_ref).
    """

    parts: Callable[[PairTerms], dict[str, Tensor]]
    names: list[str]
    betas: list[float]

    def loss(self, terms: PairTerms) -> Tensor:
        """Give the loss of each pair. Shape (pairs,)."""
        return sum(self.parts(terms).values(), terms.beta.new_zeros(()))


def pair_objective(pairs: Sequence[Pair], config: MethodConfig) -> Objective:
    """Give the objective of a method that trains on pairs.

    Raises:
        ValueError: the method does not.
    """
    match config:
        case DpoConfig():
            return _dpo(pairs, config)
        case IpoConfig():
            return _ipo(pairs, config)
        case RpoConfig():
            return _rpo(pairs, config)
        case BonbonConfig():
            return _bonbon(pairs, config)
        case _:
            raise ValueError(f"{type(config).__name__} is no method on pairs")


def margin_target(pair: Pair, config: BonbonConfig) -> float:
    """Margin that BoNBoN asks of a pair, in nats.

    "discrete" takes the reward levels that the prompt's samples reached, each at its smoothed
    rate over all of them.
    """
    if config.target == "paper":
        return bonbon_target(pair.n_samples)
    counts = Counter([*pair.rewards])
    levels = sorted({*counts, pair.chosen_reward, pair.rejected_reward})
    return discrete_target(
        smoothed_chances([counts[level] for level in levels]),
        levels.index(pair.chosen_reward),
        levels.index(pair.rejected_reward),
        pair.n_samples,
    )


def _named(parts: Parts) -> dict[str, Tensor]:
    return {CONTRAST: parts.contrast, LIKELIHOOD: parts.likelihood}


def _dpo(pairs: Sequence[Pair], config: DpoConfig) -> Objective:
    def parts(terms: PairTerms) -> dict[str, Tensor]:
        return {CONTRAST: dpo_loss(terms.policy, terms.reference, config.beta)}

    return Objective(parts, [CONTRAST], [config.beta] * len(pairs))


def _ipo(pairs: Sequence[Pair], config: IpoConfig) -> Objective:
    def parts(terms: PairTerms) -> dict[str, Tensor]:
        return {CONTRAST: ipo_loss(terms.policy, terms.reference, config.tau)}

    return Objective(parts, [CONTRAST], [config.tau] * len(pairs))


def _rpo(pairs: Sequence[Pair], config: RpoConfig) -> Objective:
    def parts(terms: PairTerms) -> dict[str, Tensor]:
        policy, reference, _, chosen_tokens = terms
        return _named(
            rpo_loss(policy, reference, chosen_tokens, beta=config.beta, alpha=config.alpha)
        )

    return Objective(parts, [CONTRAST, LIKELIHOOD], [config.beta] * len(pairs))


def _bonbon(pairs: Sequence[Pair], config: BonbonConfig) -> Objective:
    """Each pair's beta is 1 / (2 target), its target that of its own n samples."""

    def parts(terms: PairTerms) -> dict[str, Tensor]:
        target = 1 / (2 * terms.beta)
        return _named(bonbon_loss(terms.policy, terms.reference, target, config.alpha))

    betas = [1 / (2 * margin_target(pair, config)) for pair in pairs]
    return Objective(parts, [CONTRAST, LIKELIHOOD], betas)
