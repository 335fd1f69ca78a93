"""Imports that a name alone suggests, by `autoimport`. The only importer of it here.

The library is given names, never a function, so it cannot change one. What it would look up on the
machine (installed packages, the project of the current directory) is left out: a name has the same
import everywhere, from the standard library or none.
"""

import ast
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

from autoimport.model import SourceCode

from codepref.seeds.functions import Import, imports_of


class StandardLibraryOnly(SourceCode):
    """autoimport's search without its two look-ups that depend on the machine."""

    @staticmethod
    def _find_package_in_modules(name: str) -> str | None:
        public = name in sys.stdlib_module_names and not name.startswith("_")
        return f"import {name}" if public else None

    def _find_package_in_typing(self, name: str) -> str | None:  # type: ignore[override]
        """Of what the library finds in `typing`, leave out what that module merely imports."""
        found: str | None = SourceCode._find_package_in_typing(name)
        return found if found == f"from typing import {name}" else None

    @staticmethod
    def _find_package_in_our_project(_: str) -> str | None:
        return None


def infer_imports(names: Iterable[str], timeout_s: float) -> tuple[Import, ...]:
    """Give an import of the standard library for each name that suggests one.

    A name whose search takes longer than `timeout_s` seconds has none.
    """
    found = (_infer_import(name, timeout_s) for name in sorted(set(names)))
    return tuple(item for item in found if item is not None)


@cache
def _infer_import(name: str, timeout_s: float) -> Import | None:
    try:
        with _time_limit(timeout_s):
            fixed = StandardLibraryOnly(f"{name}\n", keep_unused_imports=True).fix()
    except TimeoutError:
        return None
    found = list(imports_of(iter(ast.parse(fixed).body)))
    fits = [
        item
        for item in found
        if item.bound == name and item.module.split(".")[0] in sys.stdlib_module_names
    ]
    return fits[0] if len(found) == 1 and fits else None


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread after so many seconds."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
