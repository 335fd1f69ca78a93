"""Stage measure_performance on its files, through the real sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Completion, Result, Task
from codepref.performance.rows import Measurement
from codepref.tables import read_table, write_table
from stages import measure_performance
from tests.performance.made import TASK, answer, loop, make_config, results_of

PARAMS = Path(__file__).parents[2] / "params.yaml"
ROWS = [answer(loop(1)), answer(loop(64), 1), answer("def f(n): ...", 2)]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    put_params("evalperf")
    write_table(Path("tasks/evalperf.parquet"), [TASK], Task)
    write_table(Path("tasks/humaneval_plus.parquet"), [plus_of(TASK)], Task)
    write_table(Path("tasks/mbpp_plus.parquet"), [], Task)
    write_table(Path("completions.parquet"), ROWS, Completion)
    write_table(Path("results.parquet"), results_of(ROWS, failing=[ROWS[2].completion_id]), Result)
    Path("sources").mkdir()
    source = {"release": "20240328", "source": "file", "source_sha256": "f00"}
    Path("sources/evalperf.json").write_text(json.dumps(source))
    return tmp_path


def put_params(*benchmarks: str) -> None:
    params = YAML(typ="safe").load(PARAMS)
    params["grid"] |= {"benchmarks": list(benchmarks), "searched": list(benchmarks)}
    params["sample_benchmark"]["wordings"] = {"complete": None}
    params["measure_performance"] |= {"rounds": 3, "min_correct": 2, "counter": "cpu_time"}
    YAML(typ="safe").dump(params, Path("params.yaml"))


def plus_of(task: Task) -> Task:
    changes = {"benchmark": "humaneval_plus", "references": [], "reference_scores": []}
    return task.model_copy(update={**changes, "performance_inputs": ""})


def run_stage() -> tuple[bytes, dict[str, Any]]:
    measure_performance.main(
        Path("tasks"),
        Path("sources"),
        Path("completions.parquet"),
        Path("results.parquet"),
        Path("performance.parquet"),
        Path("metrics.json"),
    )
    metrics: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return Path("performance.parquet").read_bytes(), metrics


@pytest.mark.usefixtures("workspace")
def test_the_stage_measures_correct_completions_and_scores_them() -> None:
    _, metrics = run_stage()
    rows = read_table(Path("performance.parquet"), Measurement)
    assert [(row.sample_index, row.reference, row.dps) for row in rows] == [
        (0, 2, 100.0),
        (1, -1, 0.0),
    ]
    found = metrics["evalperf"]["baseline"]
    assert (found["dps"], found["n_correct"], found["n_measured"]) == (50.0, 2, 2)
    assert found["comparable_with_leaderboard"] is False
    assert found["harness"] == metrics["evalperf"]["harness"]["fingerprint"]


@pytest.mark.usefixtures("workspace")
def test_the_stage_gives_the_same_bytes_from_its_ledger() -> None:
    assert run_stage() == run_stage()


@pytest.mark.usefixtures("workspace")
def test_a_study_without_evalperf_has_an_empty_table() -> None:
    put_params("humaneval_plus")
    _, metrics = run_stage()
    assert metrics == {}
    assert read_table(Path("performance.parquet"), Measurement) == []


def test_each_counter_has_a_tolerance_of_its_own() -> None:
    tolerance = make_config(tolerance={"instructions": 0.01, "cpu_time": 0.15}).tolerance
    assert (tolerance.of("instructions"), tolerance.of("cpu_time")) == (0.01, 0.15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_correct": 10, "max_profile": 9}, "max_profile is 9, below min_correct, 10"),
        ({"workers": 2}, "less than or equal to 1"),
        ({"repeats": 2}, "less than or equal to 1"),
        ({"pool": "ray"}, "'local'"),
        ({"counter": "wall"}, "'auto', 'instructions' or 'cpu_time'"),
    ],
)
def test_params_that_spoil_a_measurement_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_config(**changes)
