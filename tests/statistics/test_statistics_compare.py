import pytest

from codepref.errors import DataError
from codepref.statistics.compare import adjust_family, compare_pathway
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.gains import Pathways, compare_gains, compare_gains_over_models
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


GRADED = Contest(set(), graded=True)
PARTIAL = Contest(set(), graded=True, partial=True)


def test_graded_scores_have_wilcoxons_p_and_it_is_the_one_of_the_family() -> None:
    baseline, aligned = [0.0, 1 / 9, 2 / 9, 3 / 9], [1 / 9, 3 / 9, 5 / 9, 2 / 9]
    found = compare_pathway(scores(baseline, aligned), ["dpo-0"], {"humaneval": GRADED}, CONFIG)
    comparison: dict[str, object] = found["dpo-0"]["humaneval"]  # type: ignore[assignment]  # JSON
    # Ranks 1.5, 3, 4 up and 1.5 down, sum 7: 7 or 10 is reached by +++-, -+++ and ++++, and below.
    assert comparison["p_wilcoxon"] == pytest.approx(6 / 16)
    assert comparison["p"] == pytest.approx(2 * 5 / 16)  # 3 to 1
    family = adjust_family({"a": found})
    assert family["a"]["dpo-0"]["humaneval"]["p_holm"] == pytest.approx(6 / 16)
    assert "p_wilcoxon" not in compared([1, 0], [0, 1])


def test_a_partial_contest_pairs_the_tasks_of_both_and_counts_the_others() -> None:
    cells = scores([0.5, 0.25], [0.75, 0.5])
    cells[Cell("humaneval", "dpo-0")]["t2"] = 1.0
    with pytest.raises(DataError, match="1 of them in one only"):
        compare_pathway(cells, ["dpo-0"], {"humaneval": GRADED}, CONFIG)
    found = compare_pathway(cells, ["dpo-0"], {"humaneval": PARTIAL}, CONFIG)
    comparison: dict[str, object] = found["dpo-0"]["humaneval"]  # type: ignore[assignment]  # JSON
    assert (comparison["difference"], comparison["n_tasks"]) == (0.25, 2)
    assert comparison["n_tasks_unscored"] == 1
    assert comparison["coverage"] == pytest.approx(2 / 3)


def test_a_model_that_a_partial_contest_has_no_task_of_is_no_error() -> None:
    cells = scores([0.5], [0.75])
    del cells[Cell("humaneval", "dpo-0")]
    found = compare_pathway(cells, ["dpo-0"], {"humaneval": PARTIAL}, CONFIG)
    comparison = found["dpo-0"]["humaneval"]
    assert (comparison["n_tasks"], comparison["n_tasks_unscored"]) == (0, 1)
    assert comparison["note"] == "no task has a score on both sides"
    both = compare_pathway({}, ["dpo-0"], {"humaneval": PARTIAL}, CONFIG)["dpo-0"]["humaneval"]
    assert (both["n_tasks"], both["note"]) == (0, "no task has a score on both sides")
    assert both["clean"] == {name: value for name, value in both.items() if name != "clean"}


def pathways(pretrained: list[float | None], finetuned: list[float | None]) -> Pathways:
    """Give a model by what its starts gain on each task."""
    zero: list[float | None] = [0.0] * len(pretrained)
    return Pathways(scores(zero, pretrained), scores(zero, finetuned))


def test_gains_over_models_are_the_mean_of_their_differences_on_shared_tasks() -> None:
    # Model a: 1 - 0, 1 - 1, 0 - 0; model b: 1 - 0, 0 - 1, none. By task: 1, -1/2.
    models = {"a": pathways([1, 1, 0], [0, 1, 0]), "b": pathways([1, 0, None], [0, 1, 0])}
    over = compare_gains_over_models(models, ["dpo-0"], ALL_CLEAN, CONFIG)
    found = over["dpo-0"]["humaneval"]
    assert found["difference"] == pytest.approx(0.25)
    assert (found["n_models"], found["n_tasks"], found["n_tasks_unscored"]) == (2, 2, 1)
    # Two tasks drawn of 1 and -1/2: both ends come up in a quarter of the draws each.
    assert (found["low"], found["high"]) == pytest.approx((-0.5, 1.0))
    assert found["p"] == 1.0  # of the four signings of 1, 1/2 all reach 1/2


def test_gains_over_models_of_other_tasks_are_refused() -> None:
    models = {"a": pathways([1, 1], [0, 1]), "b": pathways([1], [0])}
    with pytest.raises(DataError, match="in one only"):
        compare_gains_over_models(models, ["dpo-0"], ALL_CLEAN, CONFIG)


def test_a_difference_of_gains_has_an_interval_and_an_exact_p() -> None:
    found = compare_gains(pathways([1, 1, 1, 1], [0, 0, 0, 1]), ["dpo-0"], ALL_CLEAN, CONFIG)[
        "dpo-0"
    ]["humaneval"]
    # 1, 1, 1, 0: Binomial(4, 3/4) / 4 has quantiles 1/4 and 1; 2 of 8 signings reach 3/4.
    assert (found["difference"], found["low"], found["high"]) == (0.75, 0.25, 1.0)
    assert found["p"] == pytest.approx(2 / 8)
