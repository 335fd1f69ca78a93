"""Run the units of a test text: statements, functions, unittest cases. Runs inside the sandbox.

unittest takes 20 ms to import, so this happens only where a text names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any

from codepref.execution.child_run import Run
from codepref.execution.child_tests import Block

Guard = Callable[[object, object], tuple[object, object]]
Execute = Callable[[str, CodeType], bool]
COMPARING = frozenset(
    f"assert{name}"
    for name in (
        *("Equal", "NotEqual", "AlmostEqual", "NotAlmostEqual", "In", "NotIn", "Greater", "Less"),
        *("GreaterEqual", "LessEqual", "CountEqual", "ListEqual", "TupleEqual", "SetEqual"),
        *("DictEqual", "SequenceEqual", "MultiLineEqual"),
    )
)


def run_block(run: Run, block: Block, names: dict[str, Any], execute: Execute) -> None:
    """Run the statements of a text, then its test functions that nothing in it calls.

    Args:
        run: is told of each test: a statement that failed, or in which an assert ran.
        block: the text.
        names: namespace of the tests.
        execute: runs code with a label; False if it raised.
    """
    for unit in block.units:
        seen = run.watch.asserts
        held = execute(unit.label, unit.code)
        if not held or run.watch.asserts > seen:
            run.test(held=held)
    for name in block.uncalled:
        # Where its definition failed there is no function, and its test did not hold.
        run.test(held=name in names and run.guarded(f"{name}()", names[name]))


def attach_cases(texts: Sequence[str], count: Callable[[], None], guard: Guard) -> bool:
    """Prepare unittest if a text names it; False if none does.

    Assert methods then count, and compare what `guard` gives; unittest.main() returns at once, and
    the cases are run by `run_cases`.
    """
    if "unittest" not in "\n".join(texts):
        return False
    import unittest

    unittest.main = lambda *args, **kwargs: None  # type: ignore[assignment]  # noqa: ARG005
    for name in dir(unittest.TestCase):
        if name.startswith("assert"):
            method = getattr(unittest.TestCase, name)
            setattr(
                unittest.TestCase,
                name,
                _counted(method, count, guard if name in COMPARING else None),
            )
    return True


def run_cases(run: Run, names: dict[str, Any]) -> None:
    """Run each test method of each TestCase in a namespace, in order of text."""
    for label, case in _find_cases(names):
        run.test(held=run.guarded(label, case))


def _find_cases(names: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    import unittest

    for name, value in list(names.items()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            for case in unittest.defaultTestLoader.loadTestsFromTestCase(value):
                yield f"{name}.{case.id().rsplit('.', 1)[-1]}", case.debug  # type: ignore[union-attr]


def _counted(
    method: Callable[..., Any], count: Callable[[], None], guard: Guard | None
) -> Callable[..., Any]:
    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        count()
        if guard is not None and len(args) > 1:
            args = (*guard(args[0], args[1]), *args[2:])
        return method(self, *args, **kwargs)

    return counted
