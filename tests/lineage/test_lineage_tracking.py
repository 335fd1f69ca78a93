"""Live runs and the store beneath."""

import sqlite3
from pathlib import Path

import pytest

from codepref.errors import MissingError
from codepref.lineage.tracking import _clip, live_run, open_store, tracking_uri
from tests.lineage.fake_study import FakeStudy

pytestmark = pytest.mark.usefixtures("study")

TAGS = {"stage": "align"}


def rows(store: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(store) as connection:
        return connection.execute(sql).fetchall()


def train(losses: list[float], *, first: int = 0, fail: bool = False) -> str:
    with live_run("m/dpo-0", TAGS, {"lr": 5e-05}) as live:
        for step, loss in enumerate(losses, start=first):
            live.log(step, {"loss": loss})
        if fail:
            raise RuntimeError
    return live.key


def active(store: Path) -> list[tuple[object, ...]]:
    return rows(store, "SELECT name, status FROM runs WHERE lifecycle_stage = 'active'")


def curve(store: Path) -> list[tuple[object, ...]]:
    return rows(
        store,
        "SELECT step, value FROM metrics JOIN runs USING (run_uuid)"
        " WHERE lifecycle_stage = 'active' ORDER BY step",
    )


def test_a_run_ends_finished_with_its_curve(store: Path) -> None:
    train([1.0, 0.5])
    assert active(store) == [("m/dpo-0", "FINISHED")]
    assert curve(store) == [(0, 1.0), (1, 0.5)]


def test_a_finished_run_of_the_same_cell_is_replaced(store: Path) -> None:
    assert train([1.0, 0.5]) == train([1.0, 0.25])
    assert active(store) == [("m/dpo-0", "FINISHED")]
    assert curve(store) == [(0, 1.0), (1, 0.25)]


def test_an_exception_marks_the_run_failed_and_a_resumed_one_goes_on(store: Path) -> None:
    with pytest.raises(RuntimeError):
        train([1.0, 0.5], fail=True)
    assert active(store) == [("m/dpo-0", "FAILED")]
    train([0.5, 0.25], first=1)
    assert active(store) == [("m/dpo-0", "FINISHED")]
    assert curve(store) == [(0, 1.0), (1, 0.5), (2, 0.25)]


def test_other_params_are_another_run(store: Path) -> None:
    train([1.0])
    with live_run("m/dpo-0", TAGS, {"lr": 1e-4}):
        pass
    assert len(active(store)) == 2


def test_artifacts_lie_in_the_root_also_from_a_temporary_experiment(
    study: FakeStudy, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC runs queued experiments in .dvc/tmp/exps and sets DVC_ROOT to the root."""
    store.unlink()
    inner = study.root / ".dvc/tmp/exps/x"
    inner.mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(study.root))
    monkeypatch.chdir(inner)
    open_store("other")
    found = dict(rows(store, "SELECT name, artifact_location FROM experiments"))
    assert found["other"] == (study.root / "mlartifacts/other").as_uri()


def test_a_relative_sqlite_path_is_taken_from_the_root(
    study: FakeStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs/x.db")
    assert tracking_uri() == f"sqlite:///{study.root}/runs/x.db"


@pytest.mark.parametrize("uri", ["sqlite:////dev/null/x.db", "nope://x"])
def test_a_store_that_cannot_be_opened_says_so(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(MissingError, match="cannot be opened"), live_run("x", {}, {}):
        pass


def test_a_value_that_cannot_be_logged_warns_once_and_training_goes_on(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with live_run("x", {}, {}) as live:
        live.log(0, {"a@b": 1.0})  # MLflow refuses the name
        live.log(1, {"a@b": 1.0})
    assert len([r for r in caplog.records if "training goes on" in r.message]) == 1
    assert active(store) == [("x", "FINISHED")]


def test_a_text_over_the_limit_is_cut_and_keeps_its_digest() -> None:
    assert _clip("x" * 8_000) == "x" * 8_000
    cut = [_clip("x" * 9_000 + end) for end in "ab"]
    assert [len(text) for text in cut] == [8_000, 8_000]
    assert cut[0] != cut[1]
