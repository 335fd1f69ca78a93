"""`dvc push` and a fresh clone's `dvc pull` over SSH and S3, run-cache and MLflow runs included.

No stage of the fake study but `publish` can run: a stage that is not restored fails the test.
"""

import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from codepref.lineage.cells import published_cells
from tests.lineage.fake_study import FakeStudy
from tests.release.servers import HOST, s3_server, ssh_server, sshd_path

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Remote:
    """Where to push to: the URL, the settings of the remote, and the environment."""

    url: str
    settings: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)

    def add_to(self, study: Path) -> None:
        """Configure the remote as a user does; what names a key stays out of git."""
        run(study, "dvc", "remote", "add", "-d", "store", self.url)
        for name, value in self.settings.items():
            run(study, "dvc", "remote", "modify", "--local", "store", name, value)

    def run(self, folder: Path, *command: str) -> str:
        """Run a command in a study."""
        return run(folder, *command, **self.environment)


@pytest.fixture
def over_ssh(tmp_path: Path) -> Iterator[Remote]:
    if sshd_path() is None:
        pytest.skip("no sshd here: apt-get install openssh-server")
    (tmp_path / "ssh").mkdir()
    store = tmp_path / "ssh/store"
    with ssh_server(tmp_path / "ssh") as (port, key):
        yield Remote(
            url=f"ssh://{HOST}{store}",
            settings={"port": str(port), "user": getpass.getuser(), "keyfile": str(key)},
        )


@pytest.fixture
def on_s3(tmp_path: Path) -> Iterator[Remote]:
    (tmp_path / "s3").mkdir()
    keys = {
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with s3_server(tmp_path / "s3") as url:
        make = (
            "import boto3, sys; "
            "boto3.client('s3', endpoint_url=sys.argv[1]).create_bucket(Bucket='pairs')"
        )
        run(tmp_path, sys.executable, "-c", make, url, **keys)
        yield Remote(url="s3://pairs/store", settings={"endpointurl": url}, environment=keys)


@pytest.fixture(params=["over_ssh", "on_s3"])
def remote(request: pytest.FixtureRequest) -> Remote:
    found: Remote = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clone(remote: Remote, study: FakeStudy, tmp_path: Path) -> Path:
    """Push the study, and clone its git repository without data or cache."""
    remote.add_to(study.root)
    run(study.root, "git", "commit", "-qam", "remote")
    remote.run(study.root, "dvc", "push")
    remote.run(study.root, "dvc", "push", "--run-cache")
    folder = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", str(study.root), str(folder))
    for name, value in remote.settings.items():
        run(folder, "dvc", "remote", "modify", "--local", "store", name, value)
    assert list(folder.rglob("*.parquet")) == []
    assert not (folder / ".dvc/cache").exists()
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DVC_", "MLFLOW_", "AWS_"))
    }
    path = {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | path | {"DVC_NO_ANALYTICS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def outputs(study: Path) -> dict[str, bytes]:
    return {
        path.relative_to(study).as_posix(): path.read_bytes()
        for folder in ("data", "models", "metrics")
        for path in sorted((study / folder).rglob("*"))
        if path.is_file() and path.name != ".gitignore"
    }


def test_a_fresh_clone_pulls_all_data_and_releases_the_same_bytes(
    remote: Remote, study: FakeStudy, clone: Path
) -> None:
    remote.run(clone, "dvc", "pull")
    assert outputs(clone) == outputs(study.root)
    card = (sys.executable, "-m", "codepref.cli", "card", "--out", "../released")
    run(clone, *card)
    run(study.root, *card[:-1], "../released_here")
    released, here = (study.root.parent / name for name in ("released", "released_here"))
    run(study.root.parent, "diff", "-r", str(released), str(here))


def test_nothing_runs_again_in_a_clone_and_its_runs_can_be_published(
    remote: Remote, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.run(clone, "dvc", "pull")
    assert stages_run(remote.run(clone, "dvc", "repro")) == []
    shown = remote.run(clone, "dvc", "repro", "--single-item", "--force", "publish")
    assert stages_run(shown) == ["publish"]
    monkeypatch.chdir(clone)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert published() == [
        ("finetuned", "baseline"),
        ("finetuned", "dpo-0"),
        ("pretrained", "baseline"),
        ("pretrained", "dpo-0"),
    ]


def test_a_pulled_run_cache_restores_every_stage_that_dvc_lock_lost(
    remote: Remote, study: FakeStudy, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC pushes no metrics that git keeps, so `dvc commit` puts them into the clone's cache.

    The runs that this commit records itself are removed: what restores has come from the remote.
    """
    remote.run(clone, "dvc", "pull")
    remote.run(clone, "dvc", "commit", "--force")
    shutil.rmtree(clone / ".dvc/cache/runs")
    remote.run(clone, "dvc", "pull", "--run-cache")
    (clone / "dvc.lock").unlink()
    assert stages_run(remote.run(clone, "dvc", "repro")) == ["publish"]
    assert outputs(clone) == outputs(study.root)
    monkeypatch.chdir(clone)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert len(published()) == 4


def stages_run(shown: str) -> list[str]:
    """Name the stages that `dvc repro` started; a restored one is not among them."""
    return re.findall(r"^Running stage '([^']+)'", shown, flags=re.MULTILINE)


def published() -> list[tuple[str, str]]:
    return sorted((cell.params["start"], cell.params["variant"]) for cell in published_cells())
