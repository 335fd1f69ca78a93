"""Constructs by which a program could reach into the tests beside it. Runs inside the sandbox.

A flag is no verdict: a flagged response keeps its label and is barred from the chosen side.
"""

from __future__ import annotations

import _ast
from collections.abc import Iterator
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
    if isinstance(node, _ast.Import):
        yield from (a.name for a in node.names if a.name.partition(".")[0] in MODULES)
    elif isinstance(node, _ast.ImportFrom):
        if (node.module or "").partition(".")[0] in MODULES:
            yield str(node.module)
        yield from (alias.name for alias in node.names if alias.name in ATTRIBUTES)
    elif isinstance(node, _ast.Attribute) and node.attr in ATTRIBUTES:
        yield node.attr
    elif isinstance(node, _ast.Name) and node.id in NAMES:
        yield node.id
    elif isinstance(node, _ast.FunctionDef) and node.name in COMPARISONS and _is_constant(node):
        yield f"{node.name} returns a constant"
    elif isinstance(node, _ast.FunctionDef) and node.name == "__del__":
        yield "__del__"


def _is_constant(function: Any) -> bool:
    last = function.body[-1]
    return isinstance(last, _ast.Return) and isinstance(last.value, _ast.Constant)
