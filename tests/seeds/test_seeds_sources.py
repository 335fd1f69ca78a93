"""Files of a folder and of the standard library."""

import hashlib
import os
import platform
import socket
import tracemalloc
from pathlib import Path

import pytest

from codepref.errors import DataError
from codepref.seeds.config import FolderSource, StdlibSource
from codepref.seeds.sources import SourceFile, UnusableFile, folder_files, stdlib_files


def read(folder: Path) -> dict[str, SourceFile | UnusableFile]:
    config = FolderSource(
        kind="folder", folder=str(folder), name="here 1", licence="MIT", skip=["skipped"]
    )
    return {file.path: file for file in folder_files(config, 100)}


def test_paths_are_relative_and_named_folders_and_modules_are_skipped(tmp_path: Path) -> None:
    for name in ("a.py", "b/c.py", "skipped/d.py", "b/skipped.py", "e.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    assert list(read(tmp_path)) == ["a.py", "b/c.py"]


def test_a_declared_encoding_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("# coding: latin-1\nx = 'é'\r\n".encode("latin-1"))
    file = read(tmp_path)["a.py"]
    assert isinstance(file, SourceFile)
    assert file.text == "# coding: latin-1\nx = 'é'\n"


@pytest.mark.parametrize("content", [b"x = '\xe9'\n", b"# coding: klingon\n"])
def test_a_wrong_encoding_makes_a_file_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.py").write_bytes(content)
    file = read(tmp_path)["a.py"]
    assert isinstance(file, UnusableFile)
    assert file.rule == "unreadable_file"


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_bytes(b"#" * 101)
    monkeypatch.delattr(Path, "read_bytes")
    file = read(tmp_path)["a.py"]
    assert isinstance(file, UnusableFile)
    assert (file.rule, file.detail) == ("file_too_large", "101 bytes, limit 100")
    assert file.sha256 == hashlib.sha256(b"#" * 101).hexdigest()


def test_a_file_of_50_mb_is_hashed_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.py").open("wb") as stream:
        stream.truncate(50_000_000)
    tracemalloc.start()
    try:
        file = read(tmp_path)["a.py"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(file, UnusableFile)
    assert (file.rule, file.detail) == ("file_too_large", "50000000 bytes, limit 100")
    assert peak < 5_000_000


def test_a_fifo_a_socket_and_a_device_are_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "b.py"))
        (tmp_path / "c.py").symlink_to("/dev/zero")
        files = read(tmp_path)
    found = {path: (f.rule, f.detail) for path, f in files.items() if isinstance(f, UnusableFile)}
    assert found == {
        "a.py": ("not_regular_file", "a FIFO"),
        "b.py": ("not_regular_file", "a socket"),
        "c.py": ("not_regular_file", "a character device"),
    }


def test_symlinks_that_loop_or_lead_nowhere_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("b.py")
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / "c.py").symlink_to("none.py")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "again").symlink_to(tmp_path)
    files = read(tmp_path)
    found = {path: (f.rule, f.detail) for path, f in files.items() if isinstance(f, UnusableFile)}
    assert found == {
        "a.py": ("unreadable_file", "Too many levels of symbolic links"),
        "b.py": ("unreadable_file", "Too many levels of symbolic links"),
        "c.py": ("unreadable_file", "No such file or directory"),
    }


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read anything
    file = read(tmp_path)["a.py"]
    assert isinstance(file, UnusableFile)
    assert (file.rule, file.detail) == ("unreadable_file", "Permission denied")


def test_a_folder_with_the_name_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    (tmp_path / "a.py" / "b.py").write_text("x = 1\n")
    assert list(read(tmp_path)) == ["a.py/b.py"]


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read(tmp_path / "none")


def test_the_standard_library_gives_its_version_and_relative_paths() -> None:
    files = stdlib_files(StdlibSource(kind="stdlib", skip=["test", "site-packages"]), 1)
    by_path = {file.path: file for file in files}
    assert "textwrap.py" in by_path
    assert by_path["textwrap.py"].source == f"python-stdlib {platform.python_version()}"
    assert not any(path.startswith(("/", "test/", "site-packages/")) for path in by_path)
