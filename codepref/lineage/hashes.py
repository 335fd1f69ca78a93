"""MD5s of what is in the workspace, by DVC's own rules. With revisions.py it imports DVC."""

from functools import cache
from pathlib import Path

from codepref.errors import ConfigError


class Workspace:
    """Hashes as DVC computes them: folders too, .dvcignore kept, known files not read again."""

    def __init__(self) -> None:
        from dvc.exceptions import NotDvcRepoError
        from dvc.repo import Repo

        try:
            self._repo = Repo(str(Path.cwd()))
        except NotDvcRepoError as error:
            raise ConfigError(f"{Path.cwd()}: no DVC repository; run from its root") from error
        self.md5 = cache(self._md5)

    def _md5(self, path: str) -> str | None:
        """Give the md5 of a file or folder, None where there is none. A folder's ends in .dir."""
        from dvc.fs import localfs
        from dvc_data.hashfile.build import build

        if not Path(path).exists():
            return None
        _, _, built = build(
            self._repo.cache.local,
            str(Path.cwd() / path),
            localfs,
            "md5",
            dry_run=True,
            ignore=self._repo.dvcignore,
        )
        return str(built.hash_info.value)
