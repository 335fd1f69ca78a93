"""Snapshots of hub repositories: the local cache first, then the network."""

import re
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from codepref.checkpoints.manifest import PATTERNS, find_absent
from codepref.errors import ConfigError, MissingError

# Root of what the HTTP client raises; which client that is differs among releases of the hub's.
HTTP_ERROR: type[Exception] = HfHubHTTPError.__mro__[1]
FAILURES = (LocalEntryNotFoundError, OfflineModeIsEnabled, HTTP_ERROR, OSError)
COMMIT = re.compile(r"[0-9a-f]{40}")


def find_snapshot(repo: str, revision: str | None) -> Path:
    """Give the folder of a repository at a commit, downloading it only where the cache lacks it.

    Raises:
        ConfigError: the revision is no full commit.
        MissingError: the snapshot is not cached and the hub does not give it.
    """
    if revision is None or not COMMIT.fullmatch(revision):
        raise ConfigError(_how_to_pin(repo, revision))
    cached = _find_cached(repo, revision)
    if cached is not None:
        return cached
    try:
        fetched = _download(repo, revision, local_files_only=False)
    except FAILURES as error:
        raise MissingError(_how_to_get(repo, revision, str(error).split("\n")[0])) from error
    absent = find_absent(fetched)
    if absent:
        raise MissingError(_how_to_get(repo, revision, f"it has no {', '.join(absent)}"))
    return fetched


def _find_cached(repo: str, revision: str) -> Path | None:
    """Give the cached snapshot, or None: a download cut off leaves part of one."""
    try:
        folder = _download(repo, revision, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    return None if find_absent(folder) else folder


def _download(repo: str, revision: str, *, local_files_only: bool) -> Path:
    folder = snapshot_download(
        repo,
        revision=revision,
        allow_patterns=list(PATTERNS),
        local_files_only=local_files_only,
    )
    return Path(folder)


def _how_to_get(repo: str, revision: str, reason: str) -> str:
    return (
        f"hub checkpoint {repo} at {revision} is not cached and cannot be fetched: {reason}; "
        "connect to the hub (log in if the repository is gated), or copy the files into a "
        "folder and use source: {kind: local, folder: ..., licence: ...}"
    )


def _how_to_pin(repo: str, revision: str | None) -> str:
    message = (
        f"hub checkpoint {repo}: revision is {revision!r}, expected a full commit of 40 hex "
        "digits, since branches and tags move"
    )
    try:
        commit = HfApi().model_info(repo, revision=revision).sha
    except FAILURES:
        return f"{message}; pin the one that https://huggingface.co/{repo}/commits names"
    return f"{message}; it is {commit} now: set revision: {commit}"
