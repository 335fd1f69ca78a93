"""Where an interrupted training run goes on."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

from codepref.alignment.processes import wait_for_all
from codepref.files import locked
from codepref.records import content_id
from codepref.workspace import state_dir

# The Trainer writes trainer_state.json last, so a checkpoint that holds it is whole.
LAST_WRITTEN = "trainer_state.json"
TRAINING_PACKAGES = ("torch", "transformers", "trl", "peft")


@contextmanager
def training_folder(key: str, *, is_main: bool) -> Iterator[Path]:
    """Give the folder of a run's checkpoints, held by one run at a time.

    It is outside DVC's outputs, which are removed before a stage runs. It goes on success and
    stays on failure, so that the same work goes on where it stopped, under the same packages.
    Of a run's processes the main one holds it, and the others go on once it does.
    """
    packages = [version(name) for name in TRAINING_PACKAGES]
    folder = state_dir() / "training" / content_id(key, packages)
    with locked(folder.with_suffix(".lock")) if is_main else nullcontext():
        folder.mkdir(parents=True, exist_ok=True)
        wait_for_all()
        yield folder
        if is_main:
            shutil.rmtree(folder, ignore_errors=True)


def last_whole_checkpoint(folder: Path) -> Path | None:
    """Give the newest whole checkpoint of a folder; torn ones are removed."""
    for path in sorted(folder.glob("checkpoint-*"), key=_step, reverse=True):
        if _is_whole(path):
            return path
        shutil.rmtree(path, ignore_errors=True)
    return None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / LAST_WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
