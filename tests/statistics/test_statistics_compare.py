import pytest

from codepref.errors import DataError
from codepref.statistics.compare import adjust_family, compare_pathway
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.gains import Pathways, compare_gains
from codepref.statistics.pairing import Cell, Contest

CONFIG = CompareModelsConfig(confidence=0.95, resamples=1000, seed=0, power=0.8)
ALL_CLEAN = {"humaneval": Contest(set())}
TOUCHED = {"humaneval": Contest({"t0", "t1"})}
Scores = dict[Cell, dict[str, float | None]]


def scores(baseline: list[float | None], aligned: list[float | None]) -> Scores:
    return {
        Cell("humaneval", "baseline"): {f"t{i}": rate for i, rate in enumerate(baseline)},
        Cell("humaneval", "dpo-0"): {f"t{i}": rate for i, rate in enumerate(aligned)},
    }


def compared(baseline: list[float | None], aligned: list[float | None]) -> dict[str, object]:
    found = compare_pathway(scores(baseline, aligned), ["dpo-0"], ALL_CLEAN, CONFIG)
    return found["dpo-0"]["humaneval"]  # type: ignore[index, call-overload, return-value]


def test_a_comparison_has_both_scores_and_the_tasks_that_differ() -> None:
    found = compared([1, 0, 0, 0], [0, 1, 1, 0])
    assert (found["baseline"], found["aligned"], found["difference"]) == (0.25, 0.5, 0.25)
    assert (found["only_baseline"], found["only_aligned"]) == (1, 2)
    assert found["p"] == 1.0  # 2 * (1 + 3) / 8
    assert found["p_permutation"] == 1.0
    assert found["note"] == ""


def test_a_task_without_verdict_is_left_out_on_both_sides_and_counted() -> None:
    found = compared([1, None, 0, 1], [1, 1, None, 0])
    assert (found["n_tasks"], found["n_tasks_unscored"]) == (2, 2)
    assert (found["baseline"], found["aligned"]) == (1.0, 0.5)
    assert found["coverage"] == 0.5
    # Tasks 0 and 3 give 0 and -1; the two others -1 or 1 each.
    assert (found["lowest"], found["highest"]) == (-0.75, 0.25)


def test_no_verdict_at_all_is_said_and_not_scored() -> None:
    found = compared([None], [None])
    assert "difference" not in found
    assert "no task has a score" in str(found["note"])


def test_an_interval_without_width_is_explained() -> None:
    assert "no width" in str(compared([1, 0], [1, 0])["note"])


def test_a_cell_without_results_is_named() -> None:
    with pytest.raises(DataError, match="no results of rft-0 on humaneval"):
        compare_pathway(scores([1], [1]), ["rft-0"], ALL_CLEAN, CONFIG)


def test_gains_of_two_pathways_are_paired_by_task() -> None:
    found = compare_gains(
        Pathways(scores([0, 0, 1, None], [1, 1, 1, 1]), scores([0, 1, 1, 1], [1, 1, 0, 1])),
        ["dpo-0"],
        ALL_CLEAN,
        CONFIG,
    )["dpo-0"]["humaneval"]  # type: ignore[index, call-overload]
    # Pretrained gains 1, 1, 0; finetuned 1, 0, -1; the fourth task has no gain to compare.
    assert found["pretrained_gain"] == pytest.approx(2 / 3)
    assert found["finetuned_gain"] == pytest.approx(0)
    assert found["difference"] == pytest.approx(2 / 3)
    assert (found["n_tasks"], found["n_tasks_unscored"]) == (3, 1)


def test_pathways_scored_on_other_tasks_are_not_compared() -> None:
    with pytest.raises(DataError, match="in one only"):
        compare_gains(
            Pathways(scores([1], [1]), scores([1, 0], [1, 0])), ["dpo-0"], ALL_CLEAN, CONFIG
        )


def test_the_clean_comparison_leaves_out_the_touched_tasks_on_both_sides() -> None:
    rates = scores([1, 0, 0, 0], [0, 1, 1, 0])
    found = compare_pathway(rates, ["dpo-0"], TOUCHED, CONFIG)
    clean: dict[str, object] = found["dpo-0"]["humaneval"]["clean"]  # type: ignore[index, call-overload, assignment]
    assert (clean["baseline"], clean["aligned"], clean["n_tasks"]) == (0.0, 0.5, 2)
    assert (clean["only_baseline"], clean["only_aligned"]) == (0, 1)


def test_where_no_task_is_clean_there_is_no_clean_difference_and_it_is_said() -> None:
    rates = scores([1, 0], [0, 1])
    found = compare_gains(Pathways(rates, rates), ["dpo-0"], TOUCHED, CONFIG)
    clean: dict[str, object] = found["dpo-0"]["humaneval"]["clean"]  # type: ignore[index, call-overload, assignment]
    assert (clean["n_tasks"], clean["note"]) == (0, "training met every task")
    assert "difference" not in clean


def test_all_comparisons_are_one_family() -> None:
    clear, unclear = compared([0] * 8, [1] * 8), compared([0, 1], [1, 0])
    nothing = compared([None], [None])
    family = adjust_family(
        {"a": {"dpo-0": {"x": clear, "y": unclear}}, "b": {"dpo-0": {"x": nothing}}}
    )
    # Two p values: 2 / 256 twice, and 1.
    assert family["a"]["dpo-0"]["x"]["p_holm"] == pytest.approx(2 * 2 / 256)
    assert family["a"]["dpo-0"]["y"]["p_holm"] == 1.0
    assert family["b"]["dpo-0"]["x"]["p_holm"] is None


def test_a_benchmark_says_what_it_could_have_seen() -> None:
    found = compared([0] * 40 + [1] * 10 + [0] * 50, [1] * 40 + [0] * 10 + [0] * 50)
    assert 0.1 < found["detectable"] < 0.3  # type: ignore[operator]
