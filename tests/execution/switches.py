"""Take walls away one by one, to see whether somebody misses them."""

from types import ModuleType

import pytest

from codepref.execution import payload
from codepref.execution.walls import Walls


def without(built: Walls, *words: str, then: tuple[str, ...] = ()) -> Walls:
    """Take words out of the walls' command, and put others before the program."""
    command = [word for word in built.command if word not in words]
    place = command.index("--chdir")
    return built.model_copy(update={"command": (*command[:place], *then, *command[place:])})


def writable_root(built: Walls) -> Walls:
    """Leave the root of the file system open for other mounts."""
    command = list(without(built, "--remount-ro").command)
    command.remove("/")
    return built.model_copy(update={"command": tuple(command)})


def replace_inside(patch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> None:
    """Change the code that runs inside, each time in the one place that says something.

    Compiled code is cached: forget it afterwards by `payload._compiled.cache_clear()`.
    """
    real = payload._source
    for old, _ in changes:
        places = sum(real(module).count(old) for module in payload.MODULES)
        assert places == 1, f"{old!r} stands in {places} places"

    def source(module: ModuleType) -> str:
        text = real(module)
        for old, new in changes:
            text = text.replace(old, new)
        return text

    patch.setattr(payload, "_source", source)
    payload._compiled.cache_clear()
    for module in payload.MODULES:
        payload._compiled(module)
    patch.setattr(payload, "_source", real)
