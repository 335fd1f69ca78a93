import gzip
import hashlib
import json
from pathlib import Path

import pytest

from codepref.benchmarks.files import BenchmarkFile, HubSplit, find_benchmark_file, read_released
from codepref.errors import ConfigError, DataError, MissingError

LINES = b'{"task_id": "HumanEval/0"}\n'
PACKED = gzip.compress(LINES, mtime=0)
SOURCE = BenchmarkFile(
    release="v1",
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


def test_what_evoeval_unpacked_is_found(folder: Path) -> None:
    path = put(folder / "cache/evoeval/Plus-v1.jsonl", LINES)
    assert find_benchmark_file(SOURCE) == path


def test_a_file_that_nobody_unpacks_is_found_as_released(folder: Path) -> None:
    put(folder / "named/Plus-v1.jsonl", LINES)
    alone = BenchmarkFile(release="v1", file=SOURCE.file, sha256=SOURCE.sha256)
    with pytest.raises(MissingError, match=r"Plus\.jsonl\.gz"):
        find_benchmark_file(alone)
    path = put(folder / "cache/codepref/benchmarks/Plus.jsonl.gz", PACKED)
    assert find_benchmark_file(alone) == path


def test_an_unpacked_file_of_another_hash_is_refused(folder: Path) -> None:
    put(folder / "named/Plus-v1.jsonl", LINES + LINES)
    with pytest.raises(DataError, match=hashlib.sha256(LINES + LINES).hexdigest()):
        find_benchmark_file(SOURCE)


def test_a_file_without_a_named_hash_is_not_taken_but_its_hash_is_said(folder: Path) -> None:
    put(folder / "named/Plus.jsonl.gz", PACKED)
    source = BenchmarkFile(release="v1", file=SOURCE.file, sha256=None)
    with pytest.raises(ConfigError, match=f"names no sha256 .* has {SOURCE.sha256}"):
        find_benchmark_file(source)


def with_hub(repo: str, revision: str | None) -> BenchmarkFile:
    hub = HubSplit(repo=repo, revision=revision, split="train")
    return SOURCE.model_copy(update={"hub": hub})


def test_a_file_of_this_machine_comes_before_a_hub(folder: Path) -> None:
    put(folder / "named/Plus.jsonl.gz", PACKED)
    found = read_released(with_hub("nobody/nothing", "0" * 40))
    assert found == (PACKED, SOURCE.file, SOURCE.sha256, "v1")


def test_without_the_file_the_rows_come_from_the_data_set(folder: Path) -> None:
    put(folder / "hub/rows.jsonl", LINES)
    found = read_released(with_hub(str(folder / "hub"), None))
    assert [json.loads(line) for line in found.content.splitlines()] == [json.loads(LINES)]
    assert found.source == "folder hub train"
    assert found.sha256 == hashlib.sha256(found.content).hexdigest()


@pytest.mark.usefixtures("folder")
def test_a_data_set_without_a_commit_is_offered_not_used() -> None:
    with pytest.raises(MissingError, match=r"or give a commit of data set some/rows as .*revision"):
        read_released(with_hub("some/rows", None))
