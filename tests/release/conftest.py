"""A finished study that can be released."""

import shutil
from pathlib import Path

import pytest

from tests.lineage.fake_study import FakeStudy, make_fake_study
from tests.release.release_study import extend


@pytest.fixture(scope="session")
def releasable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("releasable")
    extend(make_fake_study(folder))
    return folder


@pytest.fixture
def study(releasable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStudy:
    """Give a study of one's own, with the test inside its folder and no outer settings."""
    root = tmp_path / "study"
    shutil.copytree(releasable, root, symlinks=True)
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(root)
    return FakeStudy(root)
