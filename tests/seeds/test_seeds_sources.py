"""Files of a folder and of the standard library."""

import platform
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


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"#" * 101)
    file = read(tmp_path)["a.py"]
    assert isinstance(file, UnusableFile)
    assert (file.rule, file.detail) == ("file_too_large", "101 bytes, limit 100")


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read(tmp_path / "none")


def test_the_standard_library_gives_its_version_and_relative_paths() -> None:
    files = stdlib_files(StdlibSource(kind="stdlib", skip=["test", "site-packages"]), 1)
    by_path = {file.path: file for file in files}
    assert "textwrap.py" in by_path
    assert by_path["textwrap.py"].source == f"python-stdlib {platform.python_version()}"
    assert not any(path.startswith(("/", "test/", "site-packages/")) for path in by_path)
