"""The command: exit codes, plain messages, JSON, and that it starts fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codepref.cli import main
from tests.lineage.fake_study import FakeStudy

pytestmark = pytest.mark.usefixtures("study")
NUMBER = "metrics/score_benchmark/m-pretrained.json:humaneval.dpo-0.pass_at_1"


def test_trace_prints_the_number_and_its_chain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", NUMBER]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{NUMBER} = 0.5\n")
    assert "gather_seeds" in text


def test_trace_shows_the_rows_of_a_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", NUMBER, "--task", "HumanEval/1"]) == 0
    text = capsys.readouterr().out
    assert "dpo-0 answers HumanEval/1" in text
    assert "baseline answers HumanEval/1" not in text


def test_trace_finds_a_pair_without_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "--pair", "a2"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("pair  (data/pairs/m-finetuned.parquet)")
    assert "5eed00" in text


def test_json_has_the_chain_and_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", NUMBER, "--pair", "a1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["trace"]["value"] == 0.5
    assert found["trace"]["steps"][0]["entry"]["stage"] == "score_benchmark@m-pretrained"
    assert len(found["rows"]) == 7
    assert found["mlflow_runs"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trace"], 2, "trace what?"),
        (["trace", "nope"], 1, "no stage in dvc.lock writes it"),
        (["trace", NUMBER.replace("dpo-0", "x")], 1, "has baseline, dpo-0"),
        (["trace", "--pair", "zz"], 1, "none begins with 'zz'; they have a1c0ffee"),
        (["trace", "--task", "Nope/1"], 1, "they have HumanEval/0, HumanEval/1"),
        (["trace", "data/seeds.parquet", "--pair", "a1"], 1, "does not stand on build_pairs"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert message in shown.err


def test_outside_a_study_it_says_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trace", NUMBER]) == 1
    assert "dvc.lock: no such file" in capsys.readouterr().err


def test_trace_starts_without_heavy_imports(study: FakeStudy) -> None:
    """MLflow takes 2.5 s to import, torch longer; neither is needed to follow a number."""
    code = (
        "import sys; from codepref.cli import main; main(sys.argv[1:]);"
        "print([m for m in ('mlflow', 'torch', 'transformers', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "trace", NUMBER],
        cwd=study.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
