import subprocess
import zipfile
from pathlib import Path

import pytest

from codepref.errors import DataError, MissingError
from codepref.files import sha256_file
from codepref.wheels import WheelFile, fetch_wheel_file

NAME = "some_data-1.0-py3-none-any.whl"
INFO = "some_data-1.0.dist-info"


def _make_wheel(folder: Path) -> WheelFile:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        archive.writestr("some_data/tasks.txt", "a task")
        archive.writestr(
            f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: some-data\nVersion: 1.0\n"
        )
        archive.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    sha256 = sha256_file(folder / NAME)
    return WheelFile(wheel="some-data", version="1.0", sha256=sha256, file="some_data/tasks.txt")


def test_a_file_is_read_from_a_wheel_in_the_folder_without_the_network(tmp_path: Path) -> None:
    source = _make_wheel(tmp_path)
    assert fetch_wheel_file(source, tmp_path) == b"a task"


def test_a_wheel_is_fetched_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that pip is pointed at stands in for a package index."""
    source = _make_wheel(tmp_path / "index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    kept = tmp_path / "kept"
    assert fetch_wheel_file(source, kept) == b"a task"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("fetched twice"))
    assert fetch_wheel_file(source, kept) == b"a task"
    assert [path.name for path in kept.iterdir()] == [NAME]


def test_a_wheel_nobody_gives_names_itself_its_hash_and_the_folder_to_put_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _make_wheel(tmp_path / "elsewhere")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(MissingError) as caught:
        fetch_wheel_file(source, tmp_path / "wheels")
    for part in ("some-data 1.0", source.sha256, str(tmp_path / "wheels")):
        assert part in str(caught.value)


def test_another_wheel_of_the_same_name_is_refused(tmp_path: Path) -> None:
    source = _make_wheel(tmp_path).model_copy(update={"sha256": "0" * 64})
    with pytest.raises(DataError, match=f"expects {'0' * 64}"):
        fetch_wheel_file(source, tmp_path)


def test_a_wheel_without_the_file_is_named(tmp_path: Path) -> None:
    source = _make_wheel(tmp_path).model_copy(update={"file": "some_data/other.txt"})
    with pytest.raises(DataError, match=r"other\.txt"):
        fetch_wheel_file(source, tmp_path)
