"""Find a benchmark's file on this machine. The only reader of CODEPREF_BENCHMARKS."""

import os
from collections.abc import Iterator
from pathlib import Path

from codepref.errors import DataError, MissingError
from codepref.files import sha256_file
from codepref.schema import Strict

VARIABLE = "CODEPREF_BENCHMARKS"


class BenchmarkFile(Strict):
    """A released file that no package index offers, as released or as EvalPlus unpacks it.

    Attributes:
        file, sha256: the file as released, gzip.
        unpacked, unpacked_sha256: the same lines as EvalPlus keeps them in its cache.
    """

    file: str
    sha256: str
    unpacked: str
    unpacked_sha256: str


def find_benchmark_file(source: BenchmarkFile) -> Path:
    """Give the path of the first file that has the name and the hash.

    Raises:
        DataError: files of that name are there, but none has the hash.
        MissingError: there is no file of that name.
    """
    expected = {source.file: source.sha256, source.unpacked: source.unpacked_sha256}
    others = []
    for path in _candidates(expected):
        found = sha256_file(path)
        if found == expected[path.name]:
            return path
        others.append(f"{path} (sha256 {found})")
    if others:
        raise DataError(
            f"{source.file}: expected sha256 {source.sha256}, found {'; '.join(others)}: another "
            "release; get the right one, or name this one's hash in fetch_benchmarks of params.yaml"
        )
    raise MissingError(
        f"{source.file} (sha256 {source.sha256}) is not on this machine; put it into "
        f"{_cache() / 'codepref' / 'benchmarks'}, or into any folder and set {VARIABLE} to that "
        "folder, then run again"
    )


def _candidates(names: dict[str, str]) -> Iterator[Path]:
    for folder in _folders():
        for path in sorted(folder.rglob("*")):
            if path.name in names and path.is_file():
                yield path


def _folders() -> list[Path]:
    named = os.environ.get(VARIABLE)
    cache = _cache()
    first = [Path(named)] if named else []
    return [*first, cache / "codepref" / "benchmarks", cache / "evalplus"]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
