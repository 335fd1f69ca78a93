from typing import Any, get_args

import pytest

from codepref.benchmarks.judging import Judgement
from codepref.benchmarks.metrics import benchmark_metrics, control_metrics, score_metrics
from codepref.benchmarks.rates import task_rates
from codepref.benchmarks.rows import Result
from codepref.benchmarks.scoring import Control, Scored
from codepref.execution.rows import Verdict
from codepref.statistics.pairing import Cell
from tests.benchmarks.made_config import CIRCUMSTANCES
from tests.benchmarks.made_results import result
from tests.benchmarks.made_tasks import called_task, completion


def scored(*results: Result, touched: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    return score_metrics(
        results,
        n_tasks_of_benchmark=10,
        policy_digest="p",
        circumstances=CIRCUMSTANCES,
        touched=touched,
    )


TWO_EACH = [
    result("a", "passed"),
    result("a", "failed", index=1),
    result("b", "timeout"),
    result("b", "failed", index=1),
]


def test_pass_at_k_is_the_mean_over_tasks() -> None:
    # a: 1 of 2, b: 0 of 2.
    metrics = scored(*TWO_EACH)
    assert (metrics["pass_at_1"], metrics["pass_at_2"]) == (0.25, 0.5)
    assert (metrics["n_tasks"], metrics["n_samples"], metrics["n_passed"]) == (2, 4, 1)


def test_clean_scores_are_over_the_tasks_that_are_not_touched() -> None:
    metrics = scored(*TWO_EACH, touched={"a", "of another limit"})
    assert (metrics["pass_at_1"], metrics["n_tasks"]) == (0.25, 2)
    clean = metrics["clean"]
    assert (clean["pass_at_1"], clean["n_tasks"], clean["n_samples"]) == (0.0, 1, 2)
    assert clean["n_touched"] == 1
    # Wilson's upper end of 0 of 1 is z² / (1 + z²).
    assert clean["high"] == pytest.approx(0.793, abs=5e-4)


def test_without_a_clean_task_the_clean_score_is_null() -> None:
    clean = scored(*TWO_EACH, touched={"a", "b"})["clean"]
    assert (clean["n_tasks"], clean["pass_at_1"], clean["low"]) == (0, None, None)


def test_pass_at_k_is_null_where_a_task_has_fewer_samples() -> None:
    assert scored(*TWO_EACH)["pass_at_4"] is None


def test_the_interval_is_over_tasks() -> None:
    # 81 of 263 tasks: Newcombe 1998, table I, method 3.
    rows = [result(f"t{i}", "passed" if i < 81 else "failed") for i in range(263)]
    metrics = scored(*rows)
    assert (round(metrics["low"], 4), round(metrics["high"], 4)) == (0.2553, 0.3662)


def test_every_verdict_is_counted_zeros_too() -> None:
    verdicts = scored(*TWO_EACH)["verdicts"]
    assert list(verdicts) == list(get_args(Verdict))
    assert (verdicts["failed"], verdicts["timeout"], verdicts["tampered"]) == (2, 1, 0)


def test_a_failure_of_the_harness_is_not_the_models() -> None:
    metrics = scored(result("a", "passed"), result("b", "infra_error"))
    assert (metrics["pass_at_1"], metrics["n_samples"], metrics["n_unscored"]) == (1.0, 1, 1)
    assert metrics["coverage"] == pytest.approx(0.1)


def test_no_verdict_at_all_gives_no_score() -> None:
    metrics = scored(result("a", "infra_error"))
    assert (metrics["pass_at_1"], metrics["low"], metrics["n_tasks"]) == (None, None, 0)


def test_the_control_lists_what_failed_and_what_was_skipped() -> None:
    judgement = Judgement("timeout", 1, 2, "plus 0", "call", "none", "")
    controls = [
        Control("HumanEval/1", judgement, ["plus 0: timeout"], judged_again=True),
        Control("HumanEval/2", judgement._replace(verdict="passed"), [], judged_again=False),
    ]
    metrics = control_metrics(controls)
    assert (metrics["n_tasks"], metrics["n_passed"]) == (2, 1)
    assert metrics["failed"] == "HumanEval/1: timeout plus 0"
    assert (metrics["n_inputs_skipped"], metrics["inputs_skipped"]) == (
        1,
        "HumanEval/1 plus 0: timeout",
    )


def test_each_variant_has_its_own_scores_and_digest() -> None:
    task = called_task("", base=[])
    rows = [completion(task, "x", variant=name) for name in ("dpo-0", "baseline")]
    results = [result("a", "passed"), result("a", "failed", variant="dpo-0")]
    metrics: dict[str, Any] = benchmark_metrics(
        [task], rows, Scored(results, []), CIRCUMSTANCES, set()
    )
    assert list(metrics) == ["baseline", "dpo-0", "canonical", "harness"]
    assert [metrics[name]["pass_at_1"] for name in ("baseline", "dpo-0")] == [1.0, 0.0]
    assert metrics["dpo-0"]["policy_digest"] == "digest of dpo-0"


def test_rates_are_by_cell_and_task_and_unknown_without_a_verdict() -> None:
    rows = [*TWO_EACH, result("a", "infra_error", variant="dpo-0")]
    assert task_rates(rows, "complete") == {
        Cell("humaneval", "baseline"): {"a": 0.5, "b": 0.0},
        Cell("humaneval", "dpo-0"): {"a": None},
    }


def test_tasks_without_verdict_bound_the_score() -> None:
    """One of two scored tasks passes; the third could do either."""
    found = scored(result("a", "passed"), result("b", "failed"), result("c", "infra_error"))
    assert (found["pass_at_1"], found["lowest"], found["highest"]) == pytest.approx(
        (1 / 2, 1 / 3, 2 / 3)
    )
    assert scored(result("c", "infra_error"))["highest"] == 1.0
