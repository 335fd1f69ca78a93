"""A version of the study: its dvc.lock, and its tables, from workspace, cache or remote."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codepref.errors import ConfigError, DataError, MissingError
from codepref.files import read_json
from codepref.lineage.lock import DVC_LOCK, Artifact, Lock, read_lock
from codepref.lineage.revisions import WORKSPACE, experiments
from codepref.records import Json

if TYPE_CHECKING:
    from dvc.repo import Repo


class Version:
    """One revision. Nothing in the workspace is touched."""

    def __init__(self, name: str, lock: Lock, repo: "Repo", commit: str | None) -> None:
        self.name = name
        self.lock = lock
        self._repo = repo
        self._commit = commit

    def find(self, artifact: Artifact) -> Path:
        """Give a file with that very content: of the workspace, or of DVC's cache.

        Raises:
            MissingError: it is in neither, and no remote has it.
        """
        cached = Path(self._repo.cache.local.oid_to_path(artifact.md5))
        if cached.exists():
            return cached
        if self._in_workspace(artifact):
            return Path(artifact.path)
        self._fetch(artifact)
        if cached.exists():
            return cached
        raise MissingError(
            f"{self.name}: {artifact.path} (md5 {artifact.md5}) is neither in the workspace nor in "
            "DVC's cache, and no remote gave it; `dvc fetch` it where it was pushed from, or run "
            f"`dvc repro` at {self.name}"
        )

    def read_metrics(self, path: str) -> dict[str, Json]:
        """Read a metrics file: the workspace's, or as git has it at the revision.

        Raises:
            DataError: it is not there, is no JSON object, or is not what dvc.lock says of it.
        """
        outs = [out for entry in self.lock.entries.values() for out in entry.outs]
        artifact = next((out for out in outs if out.path == path), None)
        if artifact is None:
            raise DataError(f"{self.name}: {DVC_LOCK} has no {path}; `dvc repro` makes it")
        if self._commit is None:
            if not self._in_workspace(artifact):
                raise DataError(f"{path}: not what {DVC_LOCK} has; `dvc repro` makes it anew")
            return read_json(Path(path))
        with tempfile.TemporaryDirectory(prefix="codepref-") as scratch:
            copy, tree = Path(scratch, Path(path).name), self._repo.scm.get_fs(self._commit)
            if not tree.exists(path):
                raise DataError(
                    f"{self.name}: git has no {path} there; commit what `dvc repro` made"
                )
            tree.get(path, str(copy))
            return read_json(copy)

    def _in_workspace(self, artifact: Artifact) -> bool:
        from codepref.lineage.hashes import Workspace

        return bool(Workspace().md5(artifact.path) == artifact.md5)

    def _fetch(self, artifact: Artifact) -> None:
        from dvc.exceptions import DvcException

        revs = None if self._commit is None else [self._commit]
        try:
            self._repo.fetch(targets=[artifact.path], revs=revs)
        except DvcException:
            return  # told by who asked


@contextmanager
def open_versions(names: Sequence[str]) -> Iterator[list[Version]]:
    """Open revisions by name: of git, of an experiment, or "workspace".

    Raises:
        ConfigError: this is no repository of DVC, or it has no such revision.
        DataError: a revision has no dvc.lock.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codepref-")))
        try:
            repo = stack.enter_context(Repo())
        except DvcException as error:
            raise ConfigError(f"{Path.cwd()}: {error}; run from the root of a study") from error
        yield [_open(name, repo, scratch) for name in names]


def _open(name: str, repo: "Repo", scratch: Path) -> Version:
    if name == WORKSPACE:
        return Version(name, read_lock(), repo, None)
    commit = _resolve(name, repo)
    path, tree = scratch / commit / DVC_LOCK, repo.scm.get_fs(commit)
    if tree.exists(str(DVC_LOCK)) and not path.exists():
        path.parent.mkdir(parents=True)
        tree.get(str(DVC_LOCK), str(path))
    if not path.exists():
        raise ConfigError(f"{name}: has no {DVC_LOCK}; name a revision at which the study had run")
    return Version(name, read_lock(path), repo, commit)


def _resolve(name: str, repo: "Repo") -> str:
    """Give the commit of an experiment, or of a revision of git."""
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    known = experiments(repo)
    if name in known:
        return known[name]
    try:
        return str(repo.scm.resolve_rev(name))
    except (SCMError, DvcException) as error:
        named = f", or an experiment: {', '.join(sorted(known))}" if known else ""
        raise ConfigError(
            f"{name}: no such revision; expected one of git, {WORKSPACE}{named}"
        ) from error
