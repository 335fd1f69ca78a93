import gzip
import hashlib
from pathlib import Path

import pytest

from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.errors import DataError, MissingError

LINES = b'{"task_id": "HumanEval/0"}\n'
PACKED = gzip.compress(LINES, mtime=0)
SOURCE = BenchmarkFile(
    file="Plus.jsonl.gz",
    sha256=hashlib.sha256(PACKED).hexdigest(),
    unpacked="Plus-v1.jsonl",
    unpacked_sha256=hashlib.sha256(LINES).hexdigest(),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEPREF_BENCHMARKS", str(tmp_path / "named"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_a_named_folder_is_searched_to_any_depth(folder: Path) -> None:
    path = put(folder / "named/a/b/Plus.jsonl.gz", PACKED)
    assert find_benchmark_file(SOURCE) == path


def test_the_cache_is_searched_where_no_folder_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CODEPREF_BENCHMARKS")
    path = put(folder / "cache/codepref/benchmarks/Plus.jsonl.gz", PACKED)
    assert find_benchmark_file(SOURCE) == path


def test_what_evalplus_unpacked_is_found(folder: Path) -> None:
    path = put(folder / "cache/evalplus/Plus-v1.jsonl", LINES)
    assert find_benchmark_file(SOURCE) == path


def test_a_file_of_another_release_does_not_hide_the_right_one(folder: Path) -> None:
    put(folder / "named/Plus.jsonl.gz", b"other")
    path = put(folder / "cache/codepref/benchmarks/Plus.jsonl.gz", PACKED)
    assert find_benchmark_file(SOURCE) == path


def test_only_another_release_is_an_error_that_shows_both_hashes(folder: Path) -> None:
    put(folder / "named/Plus.jsonl.gz", b"other")
    found = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(DataError, match=f"expected sha256 {SOURCE.sha256}, found .*{found}"):
        find_benchmark_file(SOURCE)


def test_an_absent_file_is_named_with_its_hash_and_place(folder: Path) -> None:
    place = folder / "cache/codepref/benchmarks"
    with pytest.raises(MissingError) as caught:
        find_benchmark_file(SOURCE)
    message = str(caught.value)
    assert all(part in message for part in (SOURCE.file, SOURCE.sha256, str(place)))
