"""How the two responses of a pair are picked from one instruction's eligible ones."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from codepref.pairs.eligibility import Executed, normal_form
from codepref.pairs.rows import Policy


class Draw(NamedTuple):
    """A chosen and a rejected response. gap: reward of chosen less that of rejected."""

    chosen: Executed
    rejected: Executed
    gap: float


def differing_draws(
    passed: Sequence[Executed],
    failed: Sequence[Executed],
    reward: Callable[[Executed], float],
) -> list[Draw]:
    """Give every combination of a passing and a failing response whose programs differ."""
    forms = {item.response.response_id: normal_form(item.response.solution) for item in passed}
    failed_forms = [(item, normal_form(item.response.solution)) for item in failed]
    return [
        Draw(chosen, rejected, reward(chosen) - reward(rejected))
        for chosen in passed
        for rejected, form in failed_forms
        if form != forms[chosen.response.response_id]
    ]


def random_one(draws: Sequence[Draw], rng: random.Random) -> Draw:
    """Pick one combination, each equally likely.

    Source: Miao et al. 2024, arXiv:2410.18585: one random (passing, failing) pair per problem.
    """
    return rng.choice(draws)


def best_worst(draws: Sequence[Draw], rng: random.Random) -> Draw:
    """Pick the largest reward against the smallest, ties at random.

    The chosen one passes all of its tests, so with pass/fail rewards this is random_one.
    Source: Gui et al. 2024, arXiv:2406.00832.
    """
    widest = max(draw.gap for draw in draws)
    return rng.choice([draw for draw in draws if draw.gap == widest])


POLICIES: dict[Policy, Callable[[Sequence[Draw], random.Random], Draw]] = {
    "random_one": random_one,
    "best_worst": best_worst,
}
