"""What moves a score, component by component, against values worked out by hand or simulated."""

from collections.abc import Mapping
from math import sqrt

import numpy as np
import pytest

from codepref.statistics.variance import Reading, variance_budget

Budget = Mapping[str, Mapping[str, object]]


def readings(tasks: list[list[float | None]], wording: str = "complete") -> list[Reading]:
    """Give one reading of each completion: tasks by samples."""
    return [
        Reading(f"t{i}", wording, f"{wording} t{i} {k}", score, flaky=False)
        for i, scores in enumerate(tasks)
        for k, score in enumerate(scores)
    ]


def budget(*seeds: list[Reading]) -> Budget:
    return variance_budget(dict(enumerate(seeds)), "complete")  # type: ignore[return-value]  # components


def one_sample(scores: list[float | None]) -> list[Reading]:
    return readings([[score] for score in scores])


def test_seeds_move_the_mean_over_the_tasks_that_all_of_them_scored() -> None:
    # Over t0 and t1 the means are 1/2, 1 and 0: standard deviation 1/2 with 3 - 1 below.
    found = budget(one_sample([1, 0, 1]), one_sample([1, 1, None]), one_sample([0, 0, 0]))
    assert found["seed"] == {"sd": pytest.approx(0.5), "n": 3, "note": ""}


def test_one_seed_says_nothing_of_seeds() -> None:
    assert budget(one_sample([1, 0]))["seed"] == {"sd": None, "n": 1, "note": "one seed"}


def test_wordings_are_compared_on_the_tasks_put_in_all_of_them() -> None:
    # Over t0 and t1: 1/2 and 1. t2 and t3 were put in one wording only.
    rows = one_sample([1, 0, 0, 0]) + readings([[1], [1]], wording="terse")
    assert budget(rows)["wording"] == {"sd": pytest.approx(sqrt(1 / 8)), "n": 2, "note": ""}
    assert budget(one_sample([1, 0]))["wording"] == {"sd": None, "n": 1, "note": "one wording"}


def test_sampling_is_the_binomial_variance_within_tasks() -> None:
    # p (1 - p) / (n - 1): 1/2 * 1/2 / 3 and 1/4 * 3/4 / 3; their mean over two tasks, by two.
    found = budget(readings([[1, 1, 0, 0], [1, 0, 0, 0]]))["sampling"]
    assert found["sd"] == pytest.approx(sqrt((1 / 12 + 1 / 16) / 2 / 2))
    assert (found["n"], found["note"]) == (4, "")


def test_sampling_is_what_scores_drawn_again_spread_by() -> None:
    rng = np.random.default_rng(0)
    chances = rng.random(60)
    again = rng.binomial(6, chances, (4000, 60)).mean(axis=1) / 6
    estimates = []
    for _ in range(200):
        passed = rng.random((60, 6)) < chances[:, None]
        found = budget(readings(passed.astype(float).tolist()))["sampling"]["sd"]
        estimates.append(float(str(found)) ** 2)
    assert np.mean(estimates) == pytest.approx(again.var(), rel=0.05)


def test_one_sample_of_each_task_says_nothing_of_sampling() -> None:
    found = budget(one_sample([1, 0, 1]))
    assert found["sampling"] == {"sd": None, "n": 1, "note": "one sample a task"}


def test_tasks_move_the_score_by_the_standard_error_of_their_mean() -> None:
    # 1, 0, 0, 1: variance 1/3 with 4 - 1 below, by 4 tasks; the fifth has no score.
    found = budget(one_sample([1, 0, 0, 1, None]))["task"]
    assert found == {"sd": pytest.approx(sqrt(1 / 3 / 4)), "n": 4, "note": ""}


def test_components_of_several_seeds_are_their_root_mean_square() -> None:
    found = budget(one_sample([1, 0]), one_sample([1, 1]))["task"]
    assert found["sd"] == pytest.approx(sqrt((1 / 2 / 2 + 0) / 2))


def test_the_harness_moves_the_score_as_far_as_passes_of_one_completion_differ() -> None:
    # t0: two completions, passes 0, 1 and 1, 1: (1/2 / 2 + 0) / 4. t1: one, 1/2 / 2 / 1.
    rows = [
        Reading(task, "complete", name, score, flaky=False)
        for task, name, score in [
            *(("t0", "a", 0.0), ("t0", "a", 1.0), ("t0", "b", 1.0), ("t0", "b", 1.0)),
            *(("t1", "c", 0.0), ("t1", "c", 1.0)),
        ]
    ]
    found = budget(rows)
    assert found["harness"]["sd"] == pytest.approx(sqrt((1 / 16 + 1 / 4) / 2 / 2))
    assert found["harness"]["n"] == 2
    # Sampling knows completions by the mean of their passes: t0 has 1/2 and 1.
    assert found["sampling"]["sd"] == pytest.approx(sqrt(1 / 8 / 2 / 1))


def test_a_completion_judged_once_says_nothing_of_the_harness_but_what_it_left_open() -> None:
    rows = one_sample([1, None, 0, None])
    rows[0] = rows[0]._replace(flaky=True)
    found = budget(rows)["harness"]
    assert (found["sd"], found["note"]) == (None, "each completion has one score")
    assert (found["n_results"], found["n_unscored"], found["n_flaky"]) == (4, 2, 1)
    assert found["half_width"] == 0.25  # from 1/4 to 3/4


def test_a_benchmark_without_rows_has_no_component() -> None:
    found = budget([])
    for name in ("seed", "wording", "sampling", "task", "harness"):
        assert (found[name]["sd"], found[name]["note"]) == (None, "no task has a score")
    assert found["harness"]["half_width"] is None


def test_other_wordings_do_not_count_in_the_score() -> None:
    rows = one_sample([1, 0]) + readings([[0.0], [0.0], [0.0]], wording="terse")
    assert budget(rows)["task"]["n"] == 2
