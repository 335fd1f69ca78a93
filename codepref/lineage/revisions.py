"""The revisions that hold numbers: experiments, the workspace, HEAD. Imports DVC lazily."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codepref.config import PARAMS
from codepref.errors import ConfigError, DataError
from codepref.lineage.lock import DVC_LOCK, read_lock
from codepref.schema import Strict

if TYPE_CHECKING:
    from dvc.repo import Repo

WORKSPACE = "workspace"
SHORT = 7  # digits of a commit, as `dvc exp show` has them


class Snapshot(Strict):
    """A revision whose params.yaml, dvc.lock and metrics lie in a folder, as far as it has them."""

    name: str
    folder: Path
    is_experiment: bool


def snapshots(scratch: Path) -> Iterator[Snapshot]:
    """Give every finished experiment, the workspace, and HEAD, in this order.

    Args:
        scratch: takes the files of commits; the workspace is read in place.

    Raises:
        ConfigError: this is no repository of DVC.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            for name, commit in sorted(experiments(repo).items()):
                folder = _fetch(repo, commit, scratch)
                yield Snapshot(name=name, folder=folder, is_experiment=True)
            yield Snapshot(name=WORKSPACE, folder=Path(), is_experiment=False)
            for commit in _head(repo):
                folder = _fetch(repo, commit, scratch)
                yield Snapshot(name=commit[:SHORT], folder=folder, is_experiment=False)
    except DvcException as error:
        raise ConfigError(f"{Path.cwd()}: {error}; run from the root of a study") from error


def experiments(repo: "Repo") -> dict[str, str]:
    """Give the commit of every finished experiment by name, whichever commit it began at."""
    from dvc.repo.experiments.utils import exp_refs

    if not _has_commits(repo):
        return {}
    return {ref.name: str(repo.scm.get_ref(str(ref))) for ref in exp_refs(repo.scm)}


def _head(repo: "Repo") -> list[str]:
    return [repo.scm.get_rev()] if _has_commits(repo) else []


def _has_commits(repo: "Repo") -> bool:
    from dvc.scm import Git

    return isinstance(repo.scm, Git) and not repo.scm.no_commits


def _fetch(repo: "Repo", commit: str, scratch: Path) -> Path:
    """Put a commit's params, lock and metrics in a folder; what it lacks is left out."""
    folder, tree = scratch / commit, repo.scm.get_fs(commit)
    for path in (PARAMS, DVC_LOCK):
        _copy(tree, path, folder)
    with suppress(DataError):  # told by who reads the lock
        _copy(tree, read_lock(folder / DVC_LOCK).metrics_folder(), folder)
    return folder


def _copy(tree: Any, path: Path, folder: Path) -> None:
    """Copy a file or a folder, unless it is there already."""
    target = folder / path
    if tree.exists(str(path)) and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        tree.get(str(path), str(target), recursive=True)
