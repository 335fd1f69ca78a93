from itertools import combinations

import pytest

from codepref.statistics.pass_at_k import TaskCount, mean_pass_at_k, pass_at_k


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (5, 2, 3), (6, 1, 2), (4, 4, 2), (4, 0, 3)])
def test_the_estimate_is_the_share_of_draws_that_hold_a_pass(n: int, c: int, k: int) -> None:
    draws = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_fewer_samples_than_k_give_no_estimate() -> None:
    assert pass_at_k(5, 0, 10) is None


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="0 <= c <= n"):
        pass_at_k(n, c, k)


def test_the_mean_over_tasks_weighs_each_task_alike() -> None:
    # 1 of 2 and 3 of 4 samples pass: (1/2 + 3/4) / 2.
    assert mean_pass_at_k([TaskCount(2, 1), TaskCount(4, 3)], 1) == pytest.approx(0.625)


def test_one_task_with_too_few_samples_leaves_no_mean() -> None:
    assert mean_pass_at_k([TaskCount(2, 1), TaskCount(4, 3)], 3) is None


def test_no_tasks_give_no_mean() -> None:
    assert mean_pass_at_k([], 1) is None
