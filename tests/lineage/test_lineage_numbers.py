"""The numbers of a leaf: of every kind of benchmark, under names that MLflow takes."""

import re
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.grid import Grid
from codepref.lineage.ancestry import evaluation
from codepref.lineage.leaf import Leaf, leaves
from codepref.lineage.lock import Entry, Lock
from codepref.lineage.numbers import leaf_numbers
from codepref.lineage.publish import flat_numbers
from tests.report.fake_metrics import make_grid, write_metrics

ALL = make_grid(benchmarks=["humaneval", "evalperf", "codal_bench"])


def leaf_of(grid: Grid, variant: str) -> Leaf:
    """Give a variant of the pretrained start."""
    return next(leaf for leaf in leaves(grid) if leaf.variant == variant)


def test_a_leaf_has_scores_ratings_speed_and_quality_as_metrics(tmp_path: Path) -> None:
    metrics = write_metrics(tmp_path, ALL)
    found = flat_numbers(leaf_numbers(metrics, leaf_of(ALL, "dpo-0"), ALL))
    assert found["humaneval/pass_at_1"] == found["evalperf/pass_at_1"] == 0.083333
    assert found["evalperf/performance/dps"] == 51.0
    assert found["codal_bench/rating"] == 4.5
    assert found["codal_bench/dimensions/readability/rating"] == 4.5
    assert found["codal_bench/statuses/unparsable"] == 2
    assert found["humaneval/quality/lines/mean"] == 7.25
    assert found["codal_bench/against_baseline/p_holm"] == 1.0
    assert all(re.fullmatch(r"[\w./ -]+", name) for name in found)


def test_a_baseline_has_them_too_and_no_comparison(tmp_path: Path) -> None:
    metrics = write_metrics(tmp_path, ALL)
    found = leaf_numbers(metrics, leaf_of(ALL, "baseline"), ALL)
    assert set(found) == {
        "humaneval",
        "evalperf",
        "codal_bench",
        "evalperf/performance",
        "humaneval/quality",
        "evalperf/quality",
        "codal_bench/quality",
    }


def test_files_of_benchmarks_outside_the_grid_are_not_looked_at(tmp_path: Path) -> None:
    small = make_grid()
    metrics = write_metrics(tmp_path, small)
    (metrics / "judge_completions.json").unlink()
    (metrics / "measure_performance/m-pretrained.json").unlink()
    assert "humaneval" in leaf_numbers(metrics, leaf_of(small, "dpo-0"), small)
    with pytest.raises(DataError, match=r"judge_completions\.json: no such file"):
        leaf_numbers(metrics, leaf_of(ALL, "dpo-0"), make_grid(benchmarks=["codal_bench"]))


@pytest.mark.parametrize(
    ("benchmarks", "further"),
    [
        (["humaneval"], []),
        (["humaneval", "evalperf"], ["measure_performance@m-pretrained"]),
        (["codal_bench"], ["judge_completions"]),
    ],
)
def test_what_judged_and_measured_is_part_of_the_evaluation_where_the_grid_has_it(
    benchmarks: list[str], further: list[str]
) -> None:
    groups = ["score_benchmark", "sample_benchmark", "score_rewards", "measure_quality"]
    names = [*(f"{group}@m-pretrained" for group in groups)]
    known = [*names, "measure_performance@m-pretrained", "judge_completions"]
    lock = Lock({name: Entry(stage=name, cmd="", deps=[], outs=[], params={}) for name in known})
    found = evaluation(lock, leaf_of(ALL, "dpo-0"), benchmarks)
    assert [entry.stage for entry in found] == [*names, *further]
