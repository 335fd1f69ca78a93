"""Ratings to numbers, each worked out by hand."""

from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score

from codepref.benchmarks.rows import Dimension
from codepref.judge.metrics import agreement_metrics, rating_metrics
from codepref.judge.rows import Rating, Status
from tests.judge.fake_endpoint import make_config

TWO = make_config(passes=2)
THREE = make_config(
    passes=2, second_judge={"url": "http://x/v1", "model": "other", "api_key_variable": None}
)


def rating(
    task: int,
    value: int | None,
    *,
    dimension: Dimension = "style",
    pass_index: int = 0,
    judge: str = "judge",
    status: Status | None = None,
    **changes: object,
) -> Rating:
    fields = {
        "rating_id": f"{judge}-{task}-{pass_index}",
        "completion_id": f"c{task}",
        "start": "m-pretrained",
        "variant": "baseline",
        "benchmark": "codal_bench",
        "task_id": f"CODAL/{task}",
        "sample_index": 0,
        "wording": "complete",
        "dimension": dimension,
        "judge": judge,
        "pass_index": pass_index,
        "status": status or ("rated" if value else "unparsable"),
        "rating": value,
        "score": None if value is None else (value - 1) / 9,
        "answer": "",
    }
    return Rating.model_validate(fields | changes)


def metrics(*rows: Rating, n_tasks: int = 4) -> dict[str, Any]:
    return rating_metrics(rows, n_tasks, TWO)


def test_dimensions_count_alike_whatever_their_tasks() -> None:
    """Style: tasks 2 and 6, mean 4; explanation: 10. Their mean is 7, of the three tasks 6."""
    found = metrics(rating(0, 2), rating(1, 6), rating(2, 10, dimension="explanation"))
    assert found["rating"] == 7.0
    assert found["dimensions"]["style"]["rating"] == 4.0
    assert found["dimensions"]["explanation"]["rating"] == 10.0
    assert found["dimensions"]["complexity"] == {
        "rating": None,
        "low": None,
        "high": None,
        "n_tasks": 0,
    }
    assert (found["n_dimensions"], found["n_tasks"], found["coverage"]) == (2, 3, 0.75)


def test_passes_of_a_task_are_averaged_before_tasks_are() -> None:
    """Task 0: 2 and 4, so 3; task 1: 9 in one pass, the other is lost. (3 + 9) / 2."""
    found = metrics(
        rating(0, 2),
        rating(0, 4, pass_index=1),
        rating(1, 9),
        rating(1, None, pass_index=1),
    )
    assert found["rating"] == 6.0


def test_a_lost_rating_is_never_a_zero_but_where_it_says_so() -> None:
    """Ratings 8 and two lost of three tasks: 8; as 0: 8 / 3; as 1: 10 / 3; as 10: 28 / 3."""
    found = metrics(rating(0, 8), rating(1, None), rating(2, None, status="refused"))
    assert found["rating"] == 8.0
    assert found["rating_if_lost_is_zero"] == pytest.approx(8 / 3)
    assert found["lowest"] == pytest.approx(10 / 3)
    assert found["highest"] == pytest.approx(28 / 3)
    assert (found["n_tasks"], found["coverage"]) == (1, 0.25)


def test_statuses_are_counted_zeros_too() -> None:
    found = metrics(rating(0, 8), rating(1, None), rating(2, None, status="refused"))
    assert found["n_judgements"] == 3
    assert found["statuses"] == {
        "rated": 1,
        "refused": 1,
        "unparsable": 1,
        "out_of_range": 0,
        "no_answer": 0,
    }


def test_nothing_rated_has_no_rating() -> None:
    found = metrics(rating(0, None))
    assert (found["rating"], found["low"], found["n_dimensions"]) == (None, None, 0)
    assert found["rating_if_lost_is_zero"] == 0.0
    assert metrics()["rating_if_lost_is_zero"] is None


def test_the_interval_is_over_tasks_and_not_over_passes() -> None:
    """One task has no spread over tasks, however far apart its passes are."""
    found = metrics(rating(0, 1), rating(0, 9, pass_index=1))
    assert (found["low"], found["high"]) == (5.0, 5.0)
    found = metrics(rating(0, 1), rating(1, 9))
    assert (found["low"], found["high"]) == (1.0, 9.0)


def test_a_second_judge_stands_beside_the_rating_and_not_in_it() -> None:
    found = metrics(rating(0, 4), rating(0, 10, judge="other"))
    assert (found["rating"], found["second_rating"], found["n_judgements"]) == (4.0, 10.0, 1)


FIRST, SECOND = [1, 5, 9, 10, 3], [2, 5, 7, 10, 6]


def test_passes_agree_as_sklearn_has_it() -> None:
    rows = [rating(i, value) for i, value in enumerate(FIRST)]
    rows += [rating(i, value, pass_index=1) for i, value in enumerate(SECOND)]
    found: Any = agreement_metrics(rows, TWO)["passes_0_1"]
    expected = cohen_kappa_score(FIRST, SECOND, weights="quadratic", labels=list(range(1, 11)))
    for name in ("overall", "codal_bench"):
        assert found[name]["kappa"] == pytest.approx(expected)
        assert found[name]["low"] <= expected <= found[name]["high"]
        assert (found[name]["identical"], found[name]["n_items"]) == (2 / 5, 5)


def test_answers_that_only_one_pass_rated_are_counted_and_left_out() -> None:
    rows = [rating(0, 3), rating(1, 8), rating(2, None), rating(3, 4)]
    rows += [rating(i, value, pass_index=1) for i, value in enumerate([3, 8, 5, None])]
    found: Any = agreement_metrics(rows, TWO)["passes_0_1"]
    assert (found["overall"]["n_items"], found["overall"]["n_lost"]) == (2, 2)
    assert found["overall"]["kappa"] == 1.0


def test_two_judges_are_compared_on_their_first_pass() -> None:
    rows = [rating(i, value) for i, value in enumerate(FIRST)]
    rows += [rating(i, value, judge="other") for i, value in enumerate(SECOND)]
    rows += [rating(i, 1, pass_index=1, judge="other") for i in range(5)]
    found: Any = agreement_metrics(rows, THREE)["judges"]
    assert found["overall"]["kappa"] == pytest.approx(
        cohen_kappa_score(FIRST, SECOND, weights="quadratic", labels=list(range(1, 11)))
    )


def test_one_answer_of_two_starts_is_two_items() -> None:
    """Starts of the same weights may give the same completion id."""
    rows = [
        rating(0, value, pass_index=i, start=start, rating_id=f"{start}{i}")
        for start, values in (("m-pretrained", (2, 2)), ("m-finetuned", (9, 9)))
        for i, value in enumerate(values)
    ]
    found: Any = agreement_metrics(rows, TWO)["passes_0_1"]
    assert (found["overall"]["kappa"], found["overall"]["n_items"]) == (1.0, 2)


def test_benchmarks_are_apart_and_together() -> None:
    rows = [
        rating(i, value, pass_index=number, benchmark=name, rating_id=f"{name}{i}{number}")
        for name, passes in (("codal_bench", FIRST), ("starter_instructions", SECOND))
        for number in (0, 1)
        for i, value in enumerate(passes)
    ]
    found: Any = agreement_metrics(rows, TWO)["passes_0_1"]
    assert {name: cell["n_items"] for name, cell in found.items()} == {
        "overall": 10,
        "codal_bench": 5,
        "starter_instructions": 5,
    }


def test_without_ratings_the_agreement_is_null_over_no_items() -> None:
    found: Any = agreement_metrics([], TWO)["passes_0_1"]["overall"]  # type: ignore[index,call-overload]
    assert (found["kappa"], found["identical"], found["n_items"]) == (None, None, 0)
