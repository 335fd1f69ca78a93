"""A sweep as one table: cells of DVC and of MLflow joined, and every mistake named."""

import csv
import io
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest
from dvc.repo import Repo

from codepref.cli import main
from codepref.errors import DataError
from codepref.files import write_json
from codepref.lineage.cells import Cell, published_cells, recorded_cells
from codepref.lineage.sweep import join, read_sweep
from codepref.lineage.sweep_text import sweep_text
from stages.publish import main as publish_stage
from tests.lineage.fake_study import PARAMS, FakeStudy, inside

BETA, METRIC = "align.dpo.beta", "humaneval/pass_at_1"
LEAF = {"model": "m", "start": "pretrained", "variant": "dpo-0"}


def cell(
    source: Literal["dvc", "mlflow"],
    name: str,
    score: float | None = 0.5,
    beta: str = "0.1",
    **params: str,
) -> Cell:
    metrics = {} if score is None else {METRIC: score}
    return Cell(source=source, name=name, params={**LEAF, BETA: beta, **params}, metrics=metrics)


def shown(*cells: Cell) -> list[tuple[str, float | None, list[str], list[str]]]:
    rows = join(cells, BETA, METRIC)
    return [(row.value, row.score, row.dvc, row.mlflow) for row in rows]


def publish() -> None:
    publish_stage(Path("metrics"), Path("report"))


def finish(study: FakeStudy, beta: str, score: float) -> None:
    """Leave the study as if it had run with another beta, and DPO had another score."""
    (study.root / "params.yaml").write_text(PARAMS.replace("beta: 0.1", f"beta: {beta}"))
    for start in ("pretrained", "finetuned"):
        path = study.root / f"metrics/score_benchmark/m-{start}.json"
        scores = json.loads(path.read_text())
        scores["humaneval"]["dpo-0"] |= {"pass_at_1": score, "low": score / 2, "high": 1.0}
        write_json(path, scores)
    with Repo(str(study.root)) as repo:
        repo.commit(force=True)


def save_experiment(study: FakeStudy, name: str) -> None:
    with Repo(str(study.root)) as repo:
        repo.experiments.save(name=name)
    subprocess.run(["git", "checkout", "-q", "."], cwd=study.root, check=True)


@pytest.fixture(scope="module")
def finished_sweep(
    finished: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of a study at beta 0.1 with experiments at 0.05 and 0.3, all published."""
    root = tmp_path_factory.mktemp("swept") / "study"
    shutil.copytree(finished, root, symlinks=True)
    shutil.copy(empty_store, root / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch, inside(root):
        for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
            patch.delenv(name, raising=False)
        publish()
        for name, beta, score in (("wide", "0.3", 0.25), ("tight", "0.05", 1.0)):
            finish(FakeStudy(root), beta, score)
            publish()
            save_experiment(FakeStudy(root), name)
    return root


@pytest.fixture
def swept(finished_sweep: Path, study: FakeStudy) -> FakeStudy:
    """Give a sweep of one's own, with the test inside its folder."""
    shutil.copytree(finished_sweep, study.root, symlinks=True, dirs_exist_ok=True)
    return study


def test_cells_of_equal_params_and_score_share_a_row() -> None:
    assert shown(
        cell("dvc", "exp-a"), cell("dvc", "workspace"), cell("mlflow", "r2"), cell("mlflow", "r1")
    ) == [("0.1", 0.5, ["exp-a", "workspace"], ["r2", "r1"])]


def test_values_are_ordered_as_numbers_and_texts_follow() -> None:
    betas = ["auto", "10", "5e-05", "2", "0.3"]
    rows = shown(*(cell("dvc", "x", beta=beta) for beta in betas))
    assert [value for value, *_ in rows] == ["5e-05", "0.3", "2", "10", "auto"]


def test_a_cell_of_one_source_has_an_empty_other_side() -> None:
    assert shown(cell("dvc", "x"), cell("mlflow", "r", beta="0.2")) == [
        ("0.1", 0.5, ["x"], []),
        ("0.2", 0.5, [], ["r"]),
    ]


def test_another_param_makes_another_row() -> None:
    cells = cell("dvc", "x", **{"align.dpo.lr": "1"}), cell("mlflow", "r", **{"align.dpo.lr": "2"})
    assert [(dvc, mlflow) for *_, dvc, mlflow in shown(*cells)] == [(["x"], []), ([], ["r"])]


def test_two_scores_of_one_cell_name_both_sources() -> None:
    with pytest.raises(DataError) as caught:
        shown(cell("dvc", "exp-a", 0.5), cell("mlflow", "abc123", 0.4))
    for part in ("m-pretrained-dpo-0", f"{BETA}=0.1", "0.5 in DVC (exp-a)", "0.4 in MLflow"):
        assert part in str(caught.value)
    assert "run abc123" in str(caught.value)


def test_an_older_run_of_the_same_params_contradicts_nothing() -> None:
    """After a change of code the same params score otherwise; both runs are kept."""
    cells = cell("dvc", "x", 0.5), cell("mlflow", "new", 0.5), cell("mlflow", "old", 0.4)
    assert shown(*cells) == [("0.1", 0.4, [], ["old"]), ("0.1", 0.5, ["x"], ["new"])]


def test_a_score_that_does_not_exist_is_none_in_both() -> None:
    assert shown(cell("dvc", "x", None), cell("mlflow", "r", None)) == [("0.1", None, ["x"], ["r"])]


def test_a_text_that_mlflow_cuts_joins_all_the_same() -> None:
    whole, cut = {"long": "x" * 9_000}, {"long": "y" * 8_000}
    assert len(shown(cell("dvc", "x", **whole), cell("mlflow", "r", **cut))) == 1


@pytest.mark.usefixtures("swept")
def test_a_published_sweep_has_both_sources_on_every_row() -> None:
    sweep = read_sweep(BETA, METRIC)
    head = recorded_cells().cells[-1].name
    assert [(row.value, row.start, row.score, row.dvc) for row in sweep.rows] == [
        ("0.05", "finetuned", 1.0, ["tight"]),
        ("0.05", "pretrained", 1.0, ["tight"]),
        ("0.1", "finetuned", 0.5, ["workspace", head]),
        ("0.1", "pretrained", 0.5, ["workspace", head]),
        ("0.3", "finetuned", 0.25, ["wide"]),
        ("0.3", "pretrained", 0.25, ["wide"]),
    ]
    assert all(len(row.mlflow) == 1 for row in sweep.rows)
    assert {row.variant for row in sweep.rows} == {"dpo-0"}
    assert sweep.rows[0].low == 0.5
    assert sweep.rows[0].difference == 0.0
    assert sweep.notes == []


@pytest.mark.usefixtures("swept")
def test_a_param_of_an_ancestor_concerns_every_variant() -> None:
    sweep = read_sweep("sample_benchmark.limit", METRIC)
    assert {row.variant for row in sweep.rows} == {"baseline", "dpo-0"}
    assert f"rows also differ in {BETA}" in sweep.notes


def test_params_come_from_the_lock_not_from_an_edited_file(study: FakeStudy) -> None:
    (study.root / "params.yaml").write_text(PARAMS.replace("beta: 0.1", "beta: 0.7"))
    assert {row.value for row in read_sweep(BETA, METRIC).rows} == {"0.1"}


def test_without_a_store_rows_say_so_and_none_is_made(study: FakeStudy) -> None:
    text = sweep_text(read_sweep(BETA, METRIC))
    assert "2 rows not in MLflow: there is no store sqlite:///" in text
    assert "no experiments in DVC: `dvc exp run --queue -S 'align.dpo.beta=...'`" in text
    assert not (study.root / "mlflow.db").exists()


@pytest.mark.usefixtures("store")
def test_rows_of_one_source_are_counted_with_the_reason(study: FakeStudy) -> None:
    finish(study, "0.3", 0.25)
    publish()
    subprocess.run(["git", "checkout", "-q", "."], cwd=study.root, check=True)
    notes = read_sweep(BETA, METRIC).notes
    assert notes[0].startswith("2 rows not in MLflow: publish did not run there")
    assert notes[1].startswith("2 rows not in DVC: the experiment was removed")


def test_a_revision_that_cannot_be_read_is_named(swept: FakeStudy) -> None:
    (swept.root / "metrics/compare_models.json").unlink()
    sweep = read_sweep(BETA, METRIC)
    (note,) = sweep.notes
    assert note.startswith("left out: workspace: metrics/compare_models.json: no such file")
    assert {row.value for row in sweep.rows} == {"0.05", "0.1", "0.3"}


@pytest.mark.usefixtures("swept")
def test_a_half_written_run_is_no_cell() -> None:
    published = published_cells(BETA)
    with sqlite3.connect("mlflow.db") as connection:
        connection.execute(
            "DELETE FROM tags WHERE key = 'lineage.sha256' AND run_uuid = ?", (published[0].name,)
        )
    assert len(published_cells(BETA)) == len(published) - 1


@pytest.mark.usefixtures("swept")
def test_each_format_has_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    printed = {}
    for form in ("text", "json", "csv"):
        assert main(["sweep", BETA, "--format", form]) == 0
        printed[form] = capsys.readouterr().out
    rows = json.loads(printed["json"])["rows"]
    read = list(csv.DictReader(io.StringIO(printed["csv"])))
    assert [row[BETA] for row in read] == [row["value"] for row in rows]
    assert [row["mlflow"] for row in read] == [row["mlflow"][0] for row in rows]
    lines = printed["text"].splitlines()[3:9]
    for line, row in zip(lines, rows, strict=True):
        assert line.split()[:4] == [row["value"], "m", row["start"], "dpo-0"]
        assert line.split()[-1] == row["mlflow"][0][:8]
        assert ", ".join(row["dvc"]) in line


MISTAKES: Mapping[str, tuple[list[str], int, str]] = {
    "misspelt": (["align.dpo.beat"], 2, "near it: align.dpo.beta"),
    "section": (["align.dpo"], 2, "near it: align.dpo.beta, align.dpo.lr"),
    "value too": (["align.dpo.beta=0.1,0.3"], 2, "names no param"),
    "quote": (["x`y"], 2, "names no param"),
    "metric": ([BETA, "--metric", "humaneval/pass"], 2, "near it: humaneval/pass_at_1"),
}


@pytest.mark.usefixtures("swept")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, code, message = MISTAKES[mistake]
    assert main(["sweep", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


@pytest.mark.usefixtures("swept")
def test_two_scores_end_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect("mlflow.db") as connection:
        for table in ("metrics", "latest_metrics"):
            connection.execute(f"UPDATE {table} SET value = 0.125 WHERE key = ?", (METRIC,))
    assert main(["sweep", BETA]) == 1
    assert "0.125 in MLflow" in capsys.readouterr().err


def test_a_store_that_is_none_ends_with_3(
    study: FakeStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.root / "mlflow.db").write_bytes(b"no database" * 500)
    assert main(["sweep", BETA]) == 3
    error = capsys.readouterr().err
    assert f"{study.root}/mlflow.db: cannot be read" in error
    assert error.count("\n") == 1


def test_a_study_that_never_ran_ends_with_3(
    study: FakeStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "rm", "-q", "--cached", "dvc.lock"], cwd=study.root, check=True)
    (study.root / "dvc.lock").unlink()
    identity = ["-c", "user.name=tests", "-c", "user.email=tests@example.invalid"]
    subprocess.run(["git", *identity, "commit", "-qm", "x"], cwd=study.root, check=True)
    assert main(["sweep", BETA]) == 3
    assert "workspace: dvc.lock: no such file" in capsys.readouterr().err


def test_outside_a_repository_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", BETA]) == 2
    assert "run from the root of a study" in capsys.readouterr().err
