"""Where this repository keeps what DVC does not track. The only reader of DVC_ROOT."""

import os
from pathlib import Path


def workspace_root() -> Path:
    """Root of the repository, also from one of DVC's temporary experiment folders.

    DVC sets DVC_ROOT to the parent repository inside experiments; a value left over from another
    repository is ignored.
    """
    here = Path.cwd()
    root = os.environ.get("DVC_ROOT")
    return Path(root) if root and here.is_relative_to(root) else here


def state_dir() -> Path:
    """Folder of ledgers and training checkpoints, shared by all experiments; git ignores it."""
    return workspace_root() / ".codepref"
