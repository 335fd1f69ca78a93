"""Stage measure_quality, from files to files."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Completion
from codepref.quality.rows import Quality
from codepref.tables import read_table, write_table
from stages import measure_quality
from tests.judge.made_answers import answer

PARAMS = Path(__file__).parents[2] / "params.yaml"
ONE_LINE, TWO_LINES = (
    "def f(a):\n    return a\n",
    "def f(a: int) -> int:\n    b = a\n    return b\n",
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load(PARAMS)
    params["grid"]["benchmarks"] = ["humaneval_plus", "codal_bench"]
    params["sample_benchmark"]["wordings"] = {"complete": None, "terse": None}
    YAML(typ="safe").dump(params, Path("params.yaml"))
    return tmp_path


def row(number: int, program: str, **changes: object) -> Completion:
    changes = {"benchmark": "humaneval_plus", "solution": program} | changes
    return answer(number, **changes)  # type: ignore[arg-type]


def measure(*rows: Completion) -> dict[str, Any]:
    write_table(Path("completions.parquet"), rows, Completion)
    measure_quality.main(Path("completions.parquet"), Path("quality.parquet"), Path("metrics.json"))
    found: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return found


@pytest.mark.usefixtures("workspace")
def test_the_mean_is_over_tasks_of_the_mean_over_their_programs() -> None:
    """Lines: task 0 has 2 and 3, task 1 has 2; (2.5 + 2) / 2 is 2.25, over three programs."""
    found = measure(
        row(0, ONE_LINE),
        row(0, TWO_LINES, completion_id="c0b", sample_index=1),
        row(1, ONE_LINE),
        row(2, "def f(:"),
        row(3, " \n"),
        row(4, TWO_LINES, wording="terse"),
    )["humaneval_plus"]["baseline"]
    lines = found["lines"]
    assert (lines["mean"], lines["n"], lines["n_tasks"]) == (2.25, 3, 2)
    assert (lines["low"], lines["high"]) == (2.0, 2.5)
    assert found["annotated"]["mean"] == 0.25  # 0 and 2 of 2 in task 0, none in task 1
    counts = {name: value for name, value in found.items() if name.startswith("n_")}
    assert counts == {
        "n_completions": 5,
        "n_without_code": 1,
        "n_not_parsing": 1,
        "n_parsing": 3,
    }
    assert {r.completion_id for r in read_table(Path("quality.parquet"), Quality)} == {
        "c0",
        "c0b",
        "c1",
        "c2",
        "c4",
    }


@pytest.mark.usefixtures("workspace")
def test_an_answer_to_an_instruction_is_measured_by_its_fenced_code() -> None:
    text = f"Look:\n```python\n{ONE_LINE}```\nand `eval` is bad."
    changes = {"benchmark": "codal_bench", "solution": "", "completion": text}
    found = measure(row(0, "", **changes), row(1, "", **(changes | {"completion": "Prose."})))
    answers = found["codal_bench"]["baseline"]
    assert (answers["lines"]["mean"], answers["n_without_code"]) == (2.0, 1)
    assert list(found["humaneval_plus"]) == ["harness"]


@pytest.mark.usefixtures("workspace")
def test_no_program_at_all_has_null_means() -> None:
    lines = measure(row(0, "def f(:"))["humaneval_plus"]["baseline"]["lines"]
    assert lines == {"mean": None, "low": None, "high": None, "n": 0, "n_tasks": 0}


@pytest.mark.usefixtures("workspace")
def test_the_same_completions_give_the_same_bytes() -> None:
    files = Path("quality.parquet"), Path("metrics.json")
    measure(row(0, ONE_LINE), row(1, TWO_LINES))
    first = [path.read_bytes() for path in files]
    measure(row(1, TWO_LINES), row(0, ONE_LINE))
    assert [path.read_bytes() for path in files] == first


@pytest.mark.usefixtures("workspace")
def test_the_tools_and_rules_stand_beside_the_numbers() -> None:
    harness = measure(row(0, ONE_LINE))["humaneval_plus"]["harness"]
    assert {"ruff", "bandit", "radon", "python", "rules", "fingerprint"} <= set(harness)
