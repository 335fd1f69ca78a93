"""Folders of the host for programs to write to, where no file system of their own holds them."""

import os
import subprocess
import tempfile
from pathlib import Path

FOLDER_PREFIX = "codepref-scratch-"
MEMORY = Path("/dev/shm")  # scratch is best kept in memory


def make_folder(uid: int) -> Path:
    """Make a folder for one zygote, and remove those whose driver was killed.

    Args:
        uid: ordinary user to give it to; 0 to keep it.
    """
    place = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for folder in place.glob(f"{FOLDER_PREFIX}*"):
        if not _driver_lives(folder):
            remove_folder(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=place))
    if uid:
        os.chown(folder, uid, uid)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder that was made for a zygote; nothing in it is opened or followed.

    Raises:
        ValueError: it was not.
    """
    if not folder.name.startswith(FOLDER_PREFIX):
        raise ValueError(f"{folder} was not made for a zygote")
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    # Root may remove what it cannot read; others make their own folders readable first.
    for command in ([["chmod", "-R", "u+rwX"]] if os.geteuid() else []) + [["rm", "-rf"]]:
        subprocess.run([*command, "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _driver_lives(folder: Path) -> bool:
    pid = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
    return Path(f"/proc/{pid}").exists()
