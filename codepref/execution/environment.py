"""What, besides a program and its limits, a verdict depends on."""

import platform
from functools import cache
from pathlib import Path
from types import ModuleType

from codepref.execution import lane, payload, values, verdicts, walls, zygote
from codepref.execution.jobs import Isolation
from codepref.execution.payload import harness_sources
from codepref.execution.walls import describe_walls
from codepref.records import digest

DRIVER_MODULES: tuple[ModuleType, ...] = (lane, payload, values, verdicts, walls, zygote)


@cache
def environment_digest(isolation: Isolation) -> str:
    """Digest of interpreter version, harness and walls: the same on every machine.

    Of isolation "landlock" root and an ordinary user have different ones: see Walls.processes.
    """
    sources = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in DRIVER_MODULES]
    harness = digest([*harness_sources(), *sources])
    return digest([platform.python_version(), harness, *describe_walls(isolation)])
