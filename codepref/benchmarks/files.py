"""Find a benchmark's file on this machine, or on a hub. The only reader of CODEPREF_BENCHMARKS."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from codepref.benchmarks.loaders import Loader, fetch_by_library
from codepref.errors import ConfigError, DataError, MissingError
from codepref.files import sha256_file
from codepref.schema import Strict

VARIABLE = "CODEPREF_BENCHMARKS"


class HubSplit(Strict):
    """A data set with the same rows.

    Attributes:
        repo: of a hub, or a folder of Parquet or JSONL files.
        revision: commit of the hub; null for a folder, or where nobody has chosen one.
    """

    repo: str
    revision: str | None
    split: str

    @property
    def usable(self) -> bool:
        """Whether its rows are pinned: a folder, or a commit."""
        return self.revision is not None or Path(self.repo).is_dir()


class IdRange(Strict):
    """Numbers of the first and last task that belong to the benchmark."""

    first: int
    last: int


class BenchmarkFile(Strict):
    """A released file that no package index offers, and where else its rows may be.

    Attributes:
        release: its version.
        file, sha256: the file as released; no hash where none is known.
        unpacked, unpacked_sha256: the same lines as EvalPlus or EvoEval keeps them in its cache.
        ids: the tasks that count; None for all.
        loader: the library that fetches the file into its cache, where it is not on this machine.
        hub: used where the file is nowhere.
    """

    release: str
    file: str
    sha256: str | None
    unpacked: str | None = None
    unpacked_sha256: str | None = None
    ids: IdRange | None = None
    loader: Loader | None = None
    hub: HubSplit | None = None

    @property
    def hashes(self) -> dict[str, str | None]:
        """The hash that a file of each name must have."""
        twin = {self.unpacked: self.unpacked_sha256} if self.unpacked else {}
        return {self.file: self.sha256, **twin}


class Released(NamedTuple):
    """Bytes of a released file or of a hub's rows, with their source, SHA-256 and version."""

    content: bytes
    source: str
    sha256: str
    release: str


def read_released(source: BenchmarkFile) -> Released:
    """Read a file of this machine, else what a library fetches, else the hub's rows, as JSONL.

    Raises:
        CodePrefError: see find_benchmark_file, and stream_rows of codepref/seeds/hub.py.
    """
    try:
        content = _find_or_fetch(source).read_bytes()
    except MissingError:
        if source.hub is None or not source.hub.usable:
            raise
        content, name = _hub_lines(source.hub)
        return Released(content, name, hashlib.sha256(content).hexdigest(), source.release)
    known = source.sha256 or hashlib.sha256(content).hexdigest()
    return Released(content, source.file, known, source.release)


def locate(source: BenchmarkFile) -> str:
    """Say where read_released would read.

    Raises:
        CodePrefError: see find_benchmark_file.
    """
    try:
        return str(find_benchmark_file(source))
    except MissingError:
        if source.hub is None or not source.hub.usable:
            raise
        return f"data set {source.hub.repo}, revision {source.hub.revision}, of the hub"


def find_benchmark_file(source: BenchmarkFile) -> Path:
    """Give the path of the first file that has the name and the hash.

    Raises:
        ConfigError: a file of that name is there, but params.yaml names no hash.
        DataError: files of that name are there, but none has the hash.
        MissingError: there is no file of that name.
    """
    others = []
    for path in _candidates(source.hashes):
        found = sha256_file(path)
        wanted = source.hashes[path.name]
        if wanted is None:
            raise ConfigError(
                f"{path}: fetch_benchmarks of params.yaml names no sha256 for {path.name}; this "
                f"one has {found}: check where it is from, and put that there"
            )
        if found == wanted:
            return path
        others.append(f"{path} (sha256 {found})")
    if others:
        raise DataError(
            f"{source.file}: expected sha256 {source.sha256}, found {'; '.join(others)}: another "
            "release; get the right one, or name this one's hash in fetch_benchmarks of params.yaml"
        )
    raise MissingError(
        f"{source.file} (sha256 {source.sha256 or 'not named'}) is not on this machine; put it "
        f"into {_cache() / 'codepref' / 'benchmarks'}, or into any folder and set {VARIABLE} to "
        f"that folder, then run again{_hub_advice(source)}"
    )


def _find_or_fetch(source: BenchmarkFile) -> Path:
    try:
        return find_benchmark_file(source)
    except MissingError as error:
        reason = fetch_by_library(source.loader) if source.loader else None
        if reason:
            raise MissingError(f"{error}; {reason}") from error
        if source.loader is None:
            raise
    return find_benchmark_file(source)


def _hub_advice(source: BenchmarkFile) -> str:
    if source.hub is None or source.hub.usable:
        return ""
    return f"; or give a commit of data set {source.hub.repo} as fetch_benchmarks' `hub.revision`"


def _hub_lines(hub: HubSplit) -> tuple[bytes, str]:
    from codepref.seeds.hub import source_name, stream_rows  # `datasets` takes seconds to import

    rows = stream_rows(hub.repo, revision=hub.revision, data_dir=None, split=hub.split, limit=0)
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    return lines.encode(), f"{source_name(hub.repo, hub.revision)} {hub.split}"


def _candidates(names: dict[str, str | None]) -> Iterator[Path]:
    for folder in _folders():
        for path in sorted(folder.rglob("*")):
            if path.name in names and path.is_file():
                yield path


def _folders() -> list[Path]:
    named = os.environ.get(VARIABLE)
    cache = _cache()
    own = Path(__file__).parent  # what we wrote ourselves lies beside this module
    first = [own, Path(named)] if named else [own]
    return [*first, cache / "codepref" / "benchmarks", cache / "evalplus", cache / "evoeval"]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
