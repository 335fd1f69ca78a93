"""The folder that programs may write to: cleared after each, and measured. In the sandbox.

What a program left there is removed by name; it is never opened or followed.
"""

from __future__ import annotations

import os

FEW = 64  # entries and levels that are cleared away; beyond, a new zygote is cheaper
MAX_ENTRIES = 10_000
BLOCK_BYTES = 512  # unit of st_blocks


def clear(folder: str) -> bool:
    """Remove what is in the folder; False if there is too much of it, or it cannot be removed."""
    try:
        return _clear(folder, FEW) >= 0
    except OSError:
        return False


def _clear(folder: str, left: int) -> int:
    """Remove a folder's content; give how many more entries may be removed, below 0 for none."""
    with os.scandir(folder) as entries:
        for entry in entries:
            left -= 1
            if left < 0:
                break
            if entry.is_dir(follow_symlinks=False):
                left = _clear(entry.path, left)
                if left < 0:
                    break
                os.rmdir(entry.path)  # noqa: PTH106 - pathlib is slow to import
            else:
                os.unlink(entry.path)  # noqa: PTH108
    return left


def is_over(folder: str, limit: int) -> bool:
    """Say whether a folder holds more bytes, or far more files, than it may, or is closed to us."""
    used = seen = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    used += entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES
                    if used > limit or seen > MAX_ENTRIES:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:  # it went away meanwhile
            continue
        except OSError:  # closed to us, or too deep; a program may write to it all the same
            return True
    return False
