"""A finished study to look at, and an MLflow store that costs nothing to open again."""

import shutil
from pathlib import Path

import pytest

from tests.lineage.fake_study import FakeStudy, inside, make_fake_study


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    make_fake_study(folder)
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStudy:
    """Give a study of one's own, with the test inside its folder and no outer settings."""
    root = tmp_path / "study"
    shutil.copytree(finished, root, symlinks=True)
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return FakeStudy(root)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite store: migrating one takes seconds."""
    from codepref.lineage.tracking import open_store

    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch, inside(folder):
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("DVC_ROOT", raising=False)
        open_store()
    return folder / "mlflow.db"


@pytest.fixture
def store(study: FakeStudy, empty_store: Path) -> Path:
    """Give the store of the study, empty."""
    return Path(shutil.copy(empty_store, study.root / "mlflow.db"))
