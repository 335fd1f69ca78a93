"""How the two responses of a pair are picked from one instruction's eligible ones.

A policy orders the combinations that it allows, the best first and equals at random; the pair is
the first of them that meets the constraints. So under random_one each admissible one is as likely.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from codepref.pairs.agreement import agreement_scores
from codepref.pairs.eligibility import Executed
from codepref.pairs.rewards import fraction_of_tests
from codepref.pairs.rows import Policy

Rank = Callable[["Draw"], float | tuple[float, ...]]


class Draw(NamedTuple):
    """A chosen and a rejected response, with the agreement of both where a policy goes by it."""

    chosen: Executed
    rejected: Executed
    chosen_agreement: float | None = None
    rejected_agreement: float | None = None


class Eligible(NamedTuple):
    """Responses to one instruction that may stand in a pair, in order of sample_index.

    Attributes:
        passing: passed their tests and could not reach into them.
        failing: failed for a reason that may be rejected.
        reward: what a response is worth.
    """

    passing: Sequence[Executed]
    failing: Sequence[Executed]
    reward: Callable[[Executed], float]


def random_one(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """Passing against failing, in random order.

    Source: Miao et al. 2024, arXiv:2410.18585: one random (passing, failing) pair per problem.
    """
    return _ordered(_passing_against_failing(eligible), rng, lambda _: 0.0)


def best_worst(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """The best of the samples by reward against the worst; the best need not pass all tests.

    With rewards of pass and fail alone this is random_one.
    Source: Gui et al. 2024, arXiv:2406.00832 (BoNBoN): best and worst of n.
    """
    reward = eligible.reward
    items = [*eligible.passing, *eligible.failing]
    draws = [Draw(best, worst) for best in items for worst in items if reward(best) > reward(worst)]
    return _ordered(draws, rng, lambda draw: reward(draw.rejected) - reward(draw.chosen))


def max_margin(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """Passing against failing, the fewest tests passed first; then the closest in length.

    Source: Khaki et al. 2024, arXiv:2402.10038 (RS-DPO), whose pairs are kept by their reward gap.
    """
    return _ordered(
        _passing_against_failing(eligible),
        rng,
        lambda draw: (fraction_of_tests(draw.rejected), _length_gap(draw)),
    )


def length_matched(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """Passing against failing, the smallest difference in completion tokens first.

    What differs in length alone would be learnt as length: Park et al. 2024, arXiv:2403.19159.
    """
    return _ordered(_passing_against_failing(eligible), rng, _length_gap)


def k_per_prompt(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """Passing against failing in random order, none used twice until one side is used up.

    Source: Pang et al. 2024, arXiv:2404.19733, sec. 2: K pairs for each prompt.
    """
    passing = rng.sample(eligible.passing, len(eligible.passing))
    failing = rng.sample(eligible.failing, len(eligible.failing))
    n_passing, n_failing = len(passing), len(failing)
    fewer = min(n_passing, n_failing)
    return [
        Draw(passing[(i + shift) % n_passing], failing[i])
        if n_failing == fewer
        else Draw(passing[i], failing[(i + shift) % n_failing])
        for shift in range(max(n_passing, n_failing))
        for i in range(fewer)
    ]


def cross_test(eligible: Eligible, rng: random.Random) -> list[Draw]:
    """Passing, by the agreement of siblings' tests, against the one that the fewest agree with.

    The rejected one may pass its own tests, if only those. Sources: Chen et al. 2022,
    arXiv:2207.10397 (CodeT); Zhang et al. 2024, arXiv:2410.05605 (CodeDPO), which ranks answers
    and tests by each other.
    """
    scores = agreement_scores([*eligible.passing, *eligible.failing])
    draws = [
        Draw(chosen, rejected, high, low)
        for chosen in eligible.passing
        for rejected in (*eligible.failing, *eligible.passing)
        if (high := scores[chosen.response_id]) > (low := scores[rejected.response_id])
    ]
    return _ordered(
        draws, rng, lambda draw: (draw.rejected_agreement or 0.0) - (draw.chosen_agreement or 0.0)
    )


POLICIES: dict[Policy, Callable[[Eligible, random.Random], list[Draw]]] = {
    "random_one": random_one,
    "best_worst": best_worst,
    "max_margin": max_margin,
    "length_matched": length_matched,
    "k_per_prompt": k_per_prompt,
    "cross_test": cross_test,
}


def _passing_against_failing(eligible: Eligible) -> list[Draw]:
    return [Draw(good, bad) for good in eligible.passing for bad in eligible.failing]


def _ordered(draws: Sequence[Draw], rng: random.Random, rank: Rank) -> list[Draw]:
    return sorted(rng.sample(draws, len(draws)), key=rank)


def _length_gap(draw: Draw) -> float:
    return float(abs(draw.chosen.n_tokens - draw.rejected.n_tokens))
