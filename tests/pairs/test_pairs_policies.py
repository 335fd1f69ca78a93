"""Which combinations each policy allows, and in which order."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.pairs.agreement import agreement_scores
from codepref.pairs.eligibility import Executed
from codepref.pairs.policies import (
    POLICIES,
    Draw,
    Eligible,
    best_worst,
    cross_test,
    k_per_prompt,
    length_matched,
    max_margin,
    random_one,
)
from codepref.pairs.rewards import fraction_of_tests, passed
from tests.alignment.cells import execution, join, response

Reward = Callable[[Executed], float]


def item(
    k: int,
    n_passed: int,
    *,
    tokens: int = 20,
    tests_id: str = "t",
    agreed: tuple[str, ...] = (),
) -> Executed:
    answer = response(1, k, f"x = {k}", n_tokens=tokens)
    ran = execution(
        answer,
        "passed" if n_passed == 4 else "failed",
        tests_passed=n_passed,
        tests_total=4,
        tests_id=tests_id,
    )
    return join(answer, ran)._replace(agreed=agreed)


def eligible(*items: Executed, reward: Reward = fraction_of_tests) -> Eligible:
    passing = [i for i in items if i.verdict == "passed"]
    return Eligible(passing, [i for i in items if i not in passing], reward)


def places(draws: list[Draw]) -> list[tuple[int, int]]:
    return [(d.chosen.sample_index, d.rejected.sample_index) for d in draws]


def rng(seed: int = 0) -> random.Random:
    return random.Random(seed)


ONE_PASS = eligible(item(0, 4), item(1, 3), item(2, 0), item(3, 1))
TWO_PASS = eligible(*(item(k, n) for k, n in enumerate((4, 4, 1, 0, 2))))


def test_random_one_draws_each_combination_equally_often() -> None:
    firsts = Counter(places(random_one(TWO_PASS, rng(seed)))[0] for seed in range(3000))
    assert set(firsts) == {(p, f) for p in (0, 1) for f in (2, 3, 4)}
    # 3000 draws of chance 1/6: 500 with standard deviation 20.
    assert all(abs(n - 500) < 5 * 21 for n in firsts.values())


def test_best_worst_ranks_all_samples_by_reward() -> None:
    assert places(best_worst(ONE_PASS, rng()))[0] == (0, 2)
    gaps = [
        fraction_of_tests(d.chosen) - fraction_of_tests(d.rejected)
        for d in best_worst(ONE_PASS, rng())
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert len(gaps) == 6  # every two of four differ


def test_the_best_of_none_that_pass_is_chosen_all_the_same() -> None:
    some = eligible(item(0, 1), item(1, 3), item(2, 0))
    assert places(best_worst(some, rng()))[0] == (1, 2)


def test_with_rewards_of_pass_and_fail_best_worst_is_passing_against_failing() -> None:
    some = eligible(item(0, 4), item(1, 3), item(2, 0), reward=passed)
    assert set(places(best_worst(some, rng()))) == {(0, 1), (0, 2)}
    assert best_worst(eligible(item(0, 1), item(1, 3), reward=passed), rng()) == []


def test_max_margin_takes_the_fewest_tests_then_the_closest_length() -> None:
    some = eligible(
        item(0, 4, tokens=20),
        item(1, 4, tokens=50),
        item(2, 1, tokens=48),
        item(3, 1, tokens=90),
        item(4, 3, tokens=20),
    )
    assert places(max_margin(some, rng())) == [(1, 2), (0, 2), (1, 3), (0, 3), (0, 4), (1, 4)]


def test_length_matched_takes_the_smallest_difference_in_tokens() -> None:
    some = eligible(
        item(0, 4, tokens=20), item(1, 4, tokens=50), item(2, 1, tokens=44), item(3, 1, tokens=90)
    )
    assert places(length_matched(some, rng())) == [(1, 2), (0, 2), (1, 3), (0, 3)]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_k_per_prompt_uses_none_twice_until_one_side_is_used_up(
    n_passing: int, n_failing: int, seed: int
) -> None:
    items = [item(k, 4 if k < n_passing else 0) for k in range(n_passing + n_failing)]
    found = places(k_per_prompt(eligible(*items), rng(seed)))
    assert len(set(found)) == len(found) == n_passing * n_failing
    first = found[: min(n_passing, n_failing)]
    assert len({p for p, _ in first}) == len({f for _, f in first}) == len(first)


def test_k_per_prompt_needs_both_sides() -> None:
    assert k_per_prompt(eligible(item(0, 4)), rng()) == []
    assert k_per_prompt(eligible(item(0, 0)), rng()) == []


def test_agreement_is_the_size_of_the_consensus_times_its_tests() -> None:
    items = [
        item(0, 4, tests_id="a", agreed=("b",)),  # passes a, b
        item(1, 4, tests_id="b", agreed=("a",)),  # passes a, b
        item(2, 4, tests_id="c"),  # passes c alone
        item(3, 0, tests_id="d"),  # passes none
    ]
    scores = agreement_scores(items)
    assert list(scores.values()) == [2 * 2, 2 * 2, 1 * 1, 1 * 0]


def test_cross_test_rejects_even_a_response_that_passes_its_own_tests_alone() -> None:
    some = eligible(
        item(0, 4, tests_id="a", agreed=("b",)),
        item(1, 4, tests_id="b", agreed=("a",)),
        item(2, 4, tests_id="c"),
    )
    draws = cross_test(some, rng())
    assert set(places(draws)) == {(0, 2), (1, 2)}
    assert {(d.chosen_agreement, d.rejected_agreement) for d in draws} == {(4.0, 1.0)}


def test_under_given_tests_cross_test_is_passing_against_failing() -> None:
    draws = cross_test(eligible(item(0, 4), item(1, 4), item(2, 0)), rng())
    assert set(places(draws)) == {(0, 2), (1, 2)}


def test_equal_agreement_makes_no_pair() -> None:
    assert cross_test(eligible(item(0, 4), item(1, 4)), rng()) == []


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_a_function_of_its_arguments_alone(name: str) -> None:
    policy = POLICIES[name]  # type: ignore[index]
    assert places(policy(TWO_PASS, rng(3))) == places(policy(TWO_PASS, rng(3)))
    assert all(d.chosen != d.rejected for d in policy(TWO_PASS, rng(3)))
