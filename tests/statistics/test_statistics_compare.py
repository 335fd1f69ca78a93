import pytest

from codepref.errors import DataError
from codepref.statistics.compare import Cell, compare_gains, compare_pathway
from codepref.statistics.config import BootstrapConfig

CONFIG = BootstrapConfig(confidence=0.95, resamples=1000, seed=0)
Scores = dict[Cell, dict[str, float | None]]


def scores(baseline: list[float | None], aligned: list[float | None]) -> Scores:
    return {
        Cell("humaneval", "baseline"): {f"t{i}": rate for i, rate in enumerate(baseline)},
        Cell("humaneval", "dpo-0"): {f"t{i}": rate for i, rate in enumerate(aligned)},
    }


def compared(baseline: list[float | None], aligned: list[float | None]) -> dict[str, object]:
    found = compare_pathway(scores(baseline, aligned), ["dpo-0"], ["humaneval"], CONFIG)
    return found["dpo-0"]["humaneval"]  # type: ignore[index, call-overload, return-value]


def test_a_comparison_has_both_scores_and_the_tasks_that_differ() -> None:
    found = compared([1, 0, 0, 0], [0, 1, 1, 0])
    assert (found["baseline"], found["aligned"], found["difference"]) == (0.25, 0.5, 0.25)
    assert (found["only_baseline"], found["only_aligned"]) == (1, 2)
    assert found["p"] == 1.0  # 2 * (1 + 3) / 8
    assert found["note"] == ""


def test_a_task_without_verdict_is_left_out_on_both_sides_and_counted() -> None:
    found = compared([1, None, 0, 1], [1, 1, None, 0])
    assert (found["n_tasks"], found["n_tasks_unscored"]) == (2, 2)
    assert (found["baseline"], found["aligned"]) == (1.0, 0.5)


def test_no_verdict_at_all_is_said_and_not_scored() -> None:
    found = compared([None], [None])
    assert "difference" not in found
    assert "no verdict" in str(found["note"])


def test_an_interval_without_width_is_explained() -> None:
    assert "no width" in str(compared([1, 0], [1, 0])["note"])


def test_a_cell_without_results_is_named() -> None:
    with pytest.raises(DataError, match="no results of rft-0 on humaneval"):
        compare_pathway(scores([1], [1]), ["rft-0"], ["humaneval"], CONFIG)


def test_gains_of_two_pathways_are_paired_by_task() -> None:
    found = compare_gains(
        scores([0, 0, 1, None], [1, 1, 1, 1]),
        scores([0, 1, 1, 1], [1, 1, 0, 1]),
        ["dpo-0"],
        ["humaneval"],
        CONFIG,
    )["dpo-0"]["humaneval"]  # type: ignore[index, call-overload]
    # Pretrained gains 1, 1, 0; finetuned 1, 0, -1; the fourth task has no gain to compare.
    assert found["pretrained_gain"] == pytest.approx(2 / 3)
    assert found["finetuned_gain"] == pytest.approx(0)
    assert found["difference"] == pytest.approx(2 / 3)
    assert (found["n_tasks"], found["n_tasks_unscored"]) == (3, 1)


def test_pathways_scored_on_other_tasks_are_not_compared() -> None:
    with pytest.raises(DataError, match="in one only"):
        compare_gains(scores([1], [1]), scores([1, 0], [1, 0]), ["dpo-0"], ["humaneval"], CONFIG)
