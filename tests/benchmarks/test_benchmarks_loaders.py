"""EvalPlus and EvoEval as fetchers, where a file is nowhere on this machine."""

import gzip
import hashlib
import socket
import sys
import zlib
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, get_args

import pytest

from codepref.benchmarks.files import BenchmarkFile, HubSplit, read_released
from codepref.benchmarks.loaders import TIMEOUT_S, Loader, fetch_by_library
from codepref.errors import DataError, MissingError

LINES = b'{"task_id": "EvoEval/0"}\n'
PACKED = gzip.compress(LINES, mtime=0)
SOURCE = BenchmarkFile(
    release="v1",
    file="Set.jsonl.gz",
    sha256=hashlib.sha256(PACKED).hexdigest(),
    unpacked="Set-v1.jsonl",
    unpacked_sha256=hashlib.sha256(LINES).hexdigest(),
    loader="EvoEval_difficult",
)
Fetch = Callable[[str], Any]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no folder of files."""
    monkeypatch.delenv("CODEPREF_BENCHMARKS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def install(monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> None:
    """Stand for an EvoEval that is installed."""
    monkeypatch.setitem(sys.modules, "evoeval.data", SimpleNamespace(get_evo_eval=fetch))


def puts(cache: Path, content: bytes, asked: list[str]) -> Fetch:
    def fetch(name: str) -> None:
        asked.append(name)
        print("0% [....]")  # noqa: T201  as its downloader does
        (cache / "evoeval").mkdir()
        (cache / "evoeval" / "Set-v1.jsonl").write_bytes(content)

    return fetch


def fails(error: BaseException) -> Fetch:
    def fetch(name: str) -> NoReturn:
        del name
        raise error

    return fetch


def test_a_file_that_is_nowhere_is_fetched_by_its_library(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    install(monkeypatch, puts(cache, LINES, asked))
    found = read_released(SOURCE)
    assert (asked, found.content, found.release) == (["EvoEval_difficult"], LINES, "v1")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("named/deep/Set.jsonl.gz", PACKED),
        ("codepref/benchmarks/Set.jsonl.gz", PACKED),
        ("evalplus/Set-v1.jsonl", LINES),
        ("evoeval/Set-v1.jsonl", LINES),
    ],
)
def test_a_file_of_this_machine_comes_before_any_library(
    place: str, content: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEPREF_BENCHMARKS", str(cache / "named"))
    (cache / place).parent.mkdir(parents=True)
    (cache / place).write_bytes(content)
    install(monkeypatch, fails(AssertionError("asked for nothing")))
    assert read_released(SOURCE).content == content


def test_what_a_library_fetched_must_have_the_hash(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, puts(cache, LINES * 2, []))
    with pytest.raises(DataError, match=r"expected sha256 .*Set-v1\.jsonl \(sha256"):
        read_released(SOURCE)


def test_a_hub_comes_after_the_library(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "rows").mkdir()
    (cache / "rows" / "rows.jsonl").write_bytes(LINES)
    hub = HubSplit(repo=str(cache / "rows"), revision=None, split="train")
    source = SOURCE.model_copy(update={"hub": hub})
    install(monkeypatch, fails(OSError("no network")))
    assert read_released(source).source == "folder rows train"
    install(monkeypatch, puts(cache, LINES, []))
    assert read_released(source).source == SOURCE.file


def test_without_the_library_the_error_says_all_that_can_be_done(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evoeval.data", None)
    with pytest.raises(MissingError) as caught:
        read_released(SOURCE)
    message = str(caught.value)
    wanted = [SOURCE.file, SOURCE.sha256, str(cache / "codepref" / "benchmarks")]
    assert all(str(part) in message for part in wanted)
    assert "set CODEPREF_BENCHMARKS to that folder" in message
    assert message.endswith("evoeval, which could fetch it, is not installed")


@pytest.mark.parametrize(
    "error",
    [
        OSError("Name or service\nnot known"),
        TimeoutError("timed out"),
        gzip.BadGzipFile("Not a gzipped file"),
        EOFError("Compressed file ended before the end-of-stream marker"),
        zlib.error("invalid distance"),
        IncompleteRead(b"{"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        AssertionError("Missing some problems"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.usefixtures("cache")
def test_a_download_that_fails_is_told_with_its_reason(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, fails(error))
    with pytest.raises(MissingError) as caught:
        read_released(SOURCE)
    message = str(caught.value)
    assert "\n" not in message
    assert f"evoeval could not fetch it: {type(error).__name__}: " in message


def test_a_connection_has_a_time_limit_while_a_library_fetches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[float | None] = []

    def fetch(name: str) -> None:
        assert name == "EvoEval_subtle"
        seen.append(socket.getdefaulttimeout())

    install(monkeypatch, fetch)
    before = socket.getdefaulttimeout()
    assert fetch_by_library("EvoEval_subtle") is None
    assert (seen, socket.getdefaulttimeout()) == ([TIMEOUT_S], before)


def test_each_loader_asks_its_own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    install(monkeypatch, asked.append)
    plus = SimpleNamespace(
        get_human_eval_plus=lambda: asked.append("humaneval"),
        get_mbpp_plus=lambda: asked.append("mbpp"),
    )
    monkeypatch.setitem(sys.modules, "evalplus.data", plus)
    assert [fetch_by_library(loader) for loader in get_args(Loader)] == [None] * 9
    assert asked == ["humaneval", "mbpp", *get_args(Loader)[2:]]


def test_evalplus_itself_without_a_network_is_a_clear_error(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("evalplus.data")
    monkeypatch.setattr("evalplus.data.utils.CACHE_DIR", str(cache / "evalplus"))

    def refuse(*_: object) -> NoReturn:
        raise OSError("network is unreachable")

    monkeypatch.setattr("socket.create_connection", refuse)
    source = SOURCE.model_copy(update={"loader": "evalplus.humaneval"})
    with pytest.raises(
        MissingError, match=r"evalplus could not fetch it: .*network is unreachable"
    ):
        read_released(source)
