"""Let unittest cases report to the harness instead of ending the process. Runs in the sandbox."""

from __future__ import annotations

import unittest

from codepref.execution.child_asserts import Watch

TYPE_CHECKING = False  # typing itself is slow to import, and this runs once per program
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def attach(watch: Watch) -> None:
    """Count assert methods, look at what they compare, and make unittest.main return at once."""
    unittest.main = lambda *args, **kwargs: None  # type: ignore[assignment]  # noqa: ARG005
    for name in dir(unittest.TestCase):
        if name.startswith("assert"):
            setattr(unittest.TestCase, name, _counted(getattr(unittest.TestCase, name), watch))


def find_cases(namespace: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give each test method of each TestCase in a namespace, ready to call, in order of text."""
    for name, value in list(namespace.items()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            for case in unittest.defaultTestLoader.loadTestsFromTestCase(value):
                yield f"{name}.{case.id().rsplit('.', 1)[-1]}", case.debug  # type: ignore[union-attr]


def _counted(method: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    def counted(self: unittest.TestCase, *args: Any, **kwargs: Any) -> Any:
        watch.count()
        if len(args) > 1:
            watch.look(args[0], args[1])
        return method(self, *args, **kwargs)

    return counted
