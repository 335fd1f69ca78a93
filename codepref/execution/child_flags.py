"""Constructs by which a program could reach into the tests beside it. Runs inside the sandbox.

A flag is no verdict: a flagged response keeps its label and is barred from the chosen side.
"""

from __future__ import annotations

import _ast
from collections.abc import Callable, Iterator
from typing import Any

MODULES = frozenset(
    (
        *("ctypes", "gc", "inspect", "signal", "atexit", "faulthandler", "unittest", "builtins"),
        *("_thread", "importlib", "pdb", "bdb", "tracemalloc", "weakref", "resource", "mmap"),
    )
)
ATTRIBUTES = frozenset(
    (
        *("_exit", "_getframe", "_current_frames", "settrace", "setprofile", "excepthook"),
        *("unraisablehook", "meta_path", "path_hooks", "modules", "__builtins__", "__globals__"),
        *("__code__", "__closure__", "f_back", "f_globals", "f_locals", "tb_frame", "gi_frame"),
        *("cr_frame", "__subclasses__", "__traceback__"),
    )
)
NAMES = frozenset(("__builtins__", "globals", "locals", "vars", "exit", "quit"))
COMPARISONS = frozenset(
    ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
)


def find_flags(tree: Any) -> list[str]:
    """Name what a parsed program uses, each once, sorted."""
    return sorted({flag for node in nodes(tree) for flag in _flags(node)})


def nodes(tree: Any) -> Iterator[Any]:
    """Give a tree's nodes; `ast` is slow to import, and `_ast` has no walk."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field in node._fields:
            value = getattr(node, field, None)
            items = value if isinstance(value, list) else [value]
            waiting += [item for item in items if isinstance(item, _ast.AST)]


def _flags(node: Any) -> Iterator[str]:
    find = _FINDERS.get(type(node))
    return find(node) if find else iter(())


def _of_import(node: Any) -> Iterator[str]:
    return (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)


def _of_import_from(node: Any) -> Iterator[str]:
    if (node.module or "").partition(".")[0] in MODULES:
        yield node.module
    yield from (alias.name for alias in node.names if alias.name in ATTRIBUTES)


def _of_attribute(node: Any) -> Iterator[str]:
    return iter([node.attr] if node.attr in ATTRIBUTES else [])


def _of_name(node: Any) -> Iterator[str]:
    return iter([node.id] if node.id in NAMES else [])


def _of_function(node: Any) -> Iterator[str]:
    last = node.body[-1]
    if node.name in COMPARISONS and isinstance(last, _ast.Return) and _is_constant(last.value):
        yield f"{node.name} returns a constant"
    elif node.name == "__del__":
        yield node.name


def _of_assignment(node: Any) -> Iterator[str]:
    if isinstance(node.value, _ast.Lambda) and _is_constant(node.value.body):
        names = [target.id for target in node.targets if isinstance(target, _ast.Name)]
        yield from (f"{name} returns a constant" for name in names if name in COMPARISONS)


def _is_constant(value: Any) -> bool:
    return isinstance(value, _ast.Constant)


_FINDERS: dict[type, Callable[[Any], Iterator[str]]] = {
    _ast.Import: _of_import,
    _ast.ImportFrom: _of_import_from,
    _ast.Attribute: _of_attribute,
    _ast.Name: _of_name,
    _ast.FunctionDef: _of_function,
    _ast.Assign: _of_assignment,
}
