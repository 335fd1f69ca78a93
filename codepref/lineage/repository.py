"""What git says of the workspace."""

import subprocess
from pathlib import Path

from codepref.schema import Strict

GIT_TIMEOUT_S = 60


class Revision(Strict):
    """The commit checked out, "" outside git, and whether tracked files differ from it."""

    commit: str
    dirty: bool


def revision() -> Revision:
    """Give the commit of the working folder."""
    commit = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no") if commit else ""
    return Revision(commit=commit, dirty=bool(changed))


def commit_date() -> str:
    """Give the committer's date of HEAD as YYYY-MM-DD, "" outside git."""
    return _git("log", "-1", "--format=%cs")


def first_commit_with(text: str, path: Path) -> str | None:
    """Give the commit that brought a text into a file, None if no commit on this branch did."""
    commits = _git("log", "--format=%H", "-S", text, "--", str(path)).split()
    return commits[-1] if commits else None


def committed_text(path: Path) -> str:
    """Give what a file holds in the last commit, without blanks at its ends; "" if none has it."""
    return _git("show", f"HEAD:./{path}")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False
        )
    except FileNotFoundError:  # no git here: a study from an archive has no commit
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
