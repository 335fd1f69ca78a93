"""Scratch: cleared by name, measured, removed only where it was made."""

import os
from pathlib import Path

import pytest

from codepref.execution import child_scratch, scratch
from codepref.execution.child_scratch import FEW, clear, is_over
from codepref.execution.scratch import FOLDER_PREFIX, make_folder, remove_folder


def test_what_a_program_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    folder = tmp_path / "scratch"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "link").symlink_to(precious)
    (folder / "a" / "up").symlink_to("../../precious/file")
    os.mkfifo(folder / "pipe")
    assert clear(str(folder))
    assert list(folder.iterdir()) == []
    assert (precious / "file").read_text() == "x"


def test_too_much_is_left_to_a_new_zygote(tmp_path: Path) -> None:
    for number in range(FEW + 1):
        (tmp_path / str(number)).touch()
    assert not clear(str(tmp_path))


def test_a_deep_tree_is_left_to_a_new_zygote(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(FEW + 1):
        deep /= "d"
        deep.mkdir()
    assert not clear(str(tmp_path))


def test_a_folder_that_is_not_there_cannot_be_cleared(tmp_path: Path) -> None:
    assert not clear(str(tmp_path / "gone"))


@pytest.mark.parametrize(("size", "verdict"), [(4096, False), (4096 * 50, True)])
def test_bytes_in_all_folders_count(size: int, tmp_path: Path, *, verdict: bool) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(size))
    assert is_over(str(tmp_path), 4096 * 20) is verdict


def test_a_hole_does_not_count_and_very_many_files_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "hole").open("wb") as stream:
        stream.truncate(10**9)
    assert not is_over(str(tmp_path), 4096)
    monkeypatch.setattr(child_scratch, "MAX_ENTRIES", 10)
    for number in range(11):
        (tmp_path / str(number)).touch()
    assert is_over(str(tmp_path), 4096)


def test_only_a_folder_made_for_a_zygote_is_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    with pytest.raises(ValueError, match="was not made for a zygote"):
        remove_folder(tmp_path / "precious")
    assert (tmp_path / "precious").is_dir()


def test_a_folder_is_removed_whatever_its_rights(tmp_path: Path) -> None:
    folder = tmp_path / f"{FOLDER_PREFIX}1"
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed").chmod(0)
    remove_folder(folder)
    assert not folder.exists()


def test_a_link_of_that_name_is_removed_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o500)
    link = tmp_path / f"{FOLDER_PREFIX}1"
    link.symlink_to(target)
    remove_folder(link)
    assert not link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o500


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_a_program_closed_counts_as_too_much(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o300)
    assert is_over(str(tmp_path), 2**30)


def test_a_folder_that_cannot_be_listed_counts_as_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert is_over(str(tmp_path), 2**30)


def test_folders_of_killed_drivers_are_removed_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    dead, living = (tmp_path / f"{FOLDER_PREFIX}{pid}-x" for pid in (2**22 + 1, os.getpid()))
    dead.mkdir()
    living.mkdir()
    made = make_folder(0)
    assert {path.name for path in tmp_path.iterdir()} == {living.name, made.name}
