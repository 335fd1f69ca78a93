"""Where an interrupted training run goes on."""

from pathlib import Path

import pytest

from codepref.alignment.checkpoints import last_whole_checkpoint, training_folder


def checkpoint(folder: Path, step: int, state: str) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text(state)
    return path


def test_the_newest_whole_checkpoint_is_taken_and_a_torn_one_removed(tmp_path: Path) -> None:
    checkpoint(tmp_path, 9, "{}")
    whole = checkpoint(tmp_path, 10, "{}")
    torn = checkpoint(tmp_path, 11, '{"step": ')
    assert last_whole_checkpoint(tmp_path) == whole
    assert not torn.exists()


def test_no_checkpoint_starts_anew(tmp_path: Path) -> None:
    assert last_whole_checkpoint(tmp_path) is None


def test_checkpoints_go_on_success_and_stay_on_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    with pytest.raises(RuntimeError), training_folder("a", is_main=True) as folder:
        checkpoint(folder, 1, "{}")
        raise RuntimeError
    assert (folder / "checkpoint-1").is_dir()
    with training_folder("a", is_main=True) as folder:
        pass
    assert not folder.exists()
