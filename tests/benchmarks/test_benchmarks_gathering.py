"""Scores from the table that each benchmark is scored in, to one file of comparisons."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.gathering import ScoreTables, contest_of, gather_scores, reading_of
from codepref.benchmarks.rows import Benchmark, Result
from codepref.contamination.rows import Hit
from codepref.errors import DataError
from codepref.judge.rows import Rating
from codepref.performance.rows import Measurement
from codepref.tables import write_table
from stages import compare_models
from tests.benchmarks.score_rows import measurement, rating, result

PARAMS = Path(__file__).parents[2] / "params.yaml"
TABLES = ScoreTables(Path("results"), Path("performance"), Path("ratings.parquet"))
BENCHMARKS: list[Benchmark] = ["humaneval", "evalperf", "starter_instructions"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of one start with three kinds of benchmarks."""
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load(PARAMS)
    params["grid"] |= {
        "models": ["m"],
        "starts": ["pretrained"],
        "methods": ["dpo"],
        "seeds": [0, 1],
        "off_policy": {},
        "benchmarks": BENCHMARKS,
        "searched": [*BENCHMARKS, "humaneval_plus", "mbpp_plus"],
        "generators": ["m-pretrained"],
    }
    params["judge_completions"] = {"model": None, "start": "j"}
    YAML(typ="safe").dump(params, Path("params.yaml"))
    write_table(Path("contamination/m-pretrained.parquet"), [], Hit)
    results = [
        *(result("baseline", f"HumanEval/{i}", "failed") for i in range(4)),
        *(result("dpo-0", f"HumanEval/{i}", "passed") for i in range(4)),
        *(result("dpo-1", f"HumanEval/{i}", "passed" if i else "flaky") for i in range(4)),
        result("baseline", "HumanEval/0", "failed", "evalperf"),
    ]
    write_table(Path("results/m-pretrained.parquet"), results, Result)
    measured = [
        *(measurement("baseline", f"HumanEval/{i}", 0.25) for i in range(2)),
        *(measurement("dpo-0", f"HumanEval/{i}", 0.5) for i in range(1, 3)),
    ]
    write_table(Path("performance/m-pretrained.parquet"), measured, Measurement)
    ratings = [
        *(rating("m-pretrained", "baseline", f"s/{i}", 4) for i in range(3)),
        *(rating("m-pretrained", "dpo-0", f"s/{i}", 5 + i) for i in range(3)),
        *(rating("m-pretrained", "dpo-0", f"s/{i}", 7 + i, pass_index=1) for i in range(3)),
        *(rating("m-pretrained", "dpo-1", f"s/{i}", 4) for i in range(3)),
        rating("m-finetuned", "baseline", "s/0", 10),
        rating("m-pretrained", "dpo-0", "s/0", 1, pass_index=2).model_copy(
            update={"judge": "second"}
        ),
    ]
    write_table(TABLES.ratings, ratings, Rating)
    return tmp_path


def compare() -> dict[str, Any]:
    compare_models.main(*TABLES, Path("contamination"), Path("metrics.json"))
    found: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return found


@pytest.mark.usefixtures("workspace")
def test_each_benchmark_comes_from_its_own_table() -> None:
    rows = gather_scores(TABLES, ["m-pretrained"], BENCHMARKS, "j")["m-pretrained"]
    kinds = {(type(row).__name__, row.benchmark) for row in rows}
    assert kinds == {
        ("Result", "humaneval"),
        ("Measurement", "evalperf"),
        ("Rating", "starter_instructions"),
    }
    assert len(rows) == 12 + 4 + 12


@pytest.mark.usefixtures("workspace")
def test_tables_that_no_benchmark_is_scored_in_are_not_read() -> None:
    Path("performance/m-pretrained.parquet").unlink()
    TABLES.ratings.unlink()
    assert len(gather_scores(TABLES, ["m-pretrained"], ["humaneval"], "")["m-pretrained"]) == 12
    with pytest.raises(DataError, match=r"performance/m-pretrained\.parquet: no such file"):
        gather_scores(TABLES, ["m-pretrained"], ["evalperf"], "")
    with pytest.raises(DataError, match=r"ratings\.parquet: no such file"):
        gather_scores(TABLES, ["m-pretrained"], ["codal_bench"], "j")


def test_measurements_and_ratings_are_graded_and_only_the_first_may_lack_tasks() -> None:
    contests = {name: contest_of(name, set()) for name in BENCHMARKS}
    assert {name: (one.graded, one.partial) for name, one in contests.items()} == {
        "humaneval": (False, False),
        "evalperf": (True, True),
        "starter_instructions": (True, False),
    }


def test_a_flaky_verdict_is_told_and_no_other() -> None:
    assert reading_of(result("dpo-0", "HumanEval/0", "flaky")).flaky
    assert not reading_of(result("dpo-0", "HumanEval/0", "failed")).flaky
    assert not reading_of(rating("m-pretrained", "dpo-0", "s/0", 3)).flaky


@pytest.mark.usefixtures("workspace")
def test_all_three_kinds_are_compared_in_one_family() -> None:
    found = compare()["pathways"]["m-pretrained"]
    first, graded, speed = (
        found["dpo-0"][name] for name in ("humaneval", "starter_instructions", "evalperf")
    )
    assert (first["difference"], first["p"]) == (1.0, 2 / 2**4)
    assert "p_wilcoxon" not in first
    # Ratings 6, 7, 8 on average against 4: 2/9, 3/9, 4/9, all up: 2 of 8 signings.
    assert graded["difference"] == pytest.approx(3 / 9, abs=1e-6)
    assert graded["p_wilcoxon"] == 0.25
    # Both have one task of EvalPerf in common, of three.
    assert (speed["difference"], speed["n_tasks"], speed["n_tasks_unscored"]) == (0.25, 1, 2)
    assert speed["coverage"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["dpo-1"]["evalperf"]["n_tasks"] == 0  # it has none at all
    # Five p values, the smallest of them 1/8: dpo-1 gains 3 of 4 tasks, p 1/4.
    assert first["p_holm"] == 5 / 8
    assert found["dpo-1"]["evalperf"]["p_holm"] is None


@pytest.mark.usefixtures("workspace")
def test_the_variance_is_by_start_benchmark_and_method() -> None:
    found = compare()["variance"]["m-pretrained"]
    assert set(found) == set(BENCHMARKS)
    assert set(found["humaneval"]) == {"baseline", "dpo"}
    seed = found["humaneval"]["dpo"]["seed"]
    # Passed 4/4 and 3/4: sd of two values is their distance by the root of 2.
    assert (seed["sd"], seed["n"]) == (pytest.approx(0.25 / 2**0.5, abs=1e-6), 2)
    assert found["humaneval"]["baseline"]["seed"]["sd"] is None
    assert found["humaneval"]["dpo"]["harness"]["n_flaky"] == 1
    assert found["humaneval"]["dpo"]["sampling"]["note"] == "one sample a task"
    # Passes of dpo-0 are 2 apart: s^2 = 2/81, by two passes, then by three tasks.
    harness = found["starter_instructions"]["dpo"]["harness"]
    assert harness["sd"] == pytest.approx((2 / 81 / 2 / 3) ** 0.5, abs=1e-6)
