"""Differential performance of programs with known costs."""

import pytest

from codepref.benchmarks.performance import Performance, Rank, performance, rank

REFERENCES, SCORES = [100.0, 40.0, 10.0], [20.0, 70.0, 100.0]


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (5.0, Rank(2, 100.0, 100.0)),
        (10.0, Rank(2, 100.0, 100.0)),
        (11.0, Rank(1, 70.0, pytest.approx(200 / 3))),
        (99.0, Rank(0, 20.0, pytest.approx(100 / 3))),
        (101.0, Rank(-1, 0.0, 0.0)),
    ],
)
def test_a_program_has_the_score_of_the_fastest_reference_it_reaches(
    cost: float, expected: Rank
) -> None:
    assert rank(cost, REFERENCES, SCORES, tolerance=0.0) == expected


def test_a_tolerance_lets_noise_pass() -> None:
    assert rank(11.0, REFERENCES, SCORES, tolerance=0.15).reference == 2
    assert rank(11.6, REFERENCES, SCORES, tolerance=0.15).reference == 1


def test_references_measured_out_of_order_are_tried_from_the_last_on() -> None:
    assert rank(30.0, [100.0, 10.0, 40.0], SCORES, tolerance=0.0).dps == 100.0


def test_a_model_is_the_mean_over_tasks_of_the_mean_over_programs() -> None:
    fast, slow = Rank(2, 100.0, 100.0), Rank(0, 20.0, 30.0)
    ranks = {"a": [fast, slow], "b": [slow] * 3, "c": [fast]}
    # a: 60 and 65; b: 20 and 30; c has too few.
    assert performance(ranks, min_correct=2) == Performance(40.0, 47.5, 2, 5)


def test_no_task_solved_often_enough_has_no_score() -> None:
    assert performance({"a": [Rank(-1, 0.0, 0.0)]}, min_correct=2) == Performance(None, None, 0, 0)


def test_references_without_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="got 1 and 0"):
        rank(1.0, [1.0], [], tolerance=0.0)
