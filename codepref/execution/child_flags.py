"""Constructs by which a program could reach into the tests beside it. Runs inside the sandbox.

A flag is no verdict: a flagged response keeps its label and is barred from the chosen side.
"""

from __future__ import annotations

import _ast
import builtins
from collections.abc import Callable, Iterator
from typing import Any

MODULES = frozenset(
    (
        *("ctypes", "gc", "inspect", "signal", "atexit", "faulthandler", "unittest", "builtins"),
        *("_thread", "importlib", "pdb", "bdb", "tracemalloc", "weakref", "resource", "mmap"),
        *("runpy", "traceback", "code", "codeop", "pkgutil", "pickle", "marshal", "ast"),
    )
)
ATTRIBUTES = frozenset(
    (
        *("_exit", "_getframe", "_current_frames", "settrace", "setprofile", "excepthook"),
        *("unraisablehook", "meta_path", "path_hooks", "modules", "__builtins__", "__globals__"),
        *("__code__", "__closure__", "f_back", "f_globals", "f_locals", "tb_frame", "gi_frame"),
        *("cr_frame", "__subclasses__", "__traceback__", "__dict__", "__getattribute__"),
        *("attrgetter", "methodcaller", "exc_info", "exception", "last_traceback"),
        *("settrace_all_threads", "setprofile_all_threads", "__import__", "__loader__"),
        *("get_field", "Formatter", "ForwardRef", "get_type_hints", "_evaluate", "with_traceback"),
    )
)
HIDDEN = frozenset(name for name in ATTRIBUTES if "_" in name)
BUILTIN_NAMES = frozenset(name for name in dir(builtins) if not name.startswith("_"))
NAMES = frozenset(
    (
        *("__builtins__", "globals", "locals", "vars", "exit", "quit", "exec", "eval", "compile"),
        *("__import__", "__loader__", "__spec__"),
    )
)
BY_NAME = frozenset(("getattr", "setattr", "delattr"))  # flagged where the name is no constant
COMPARISONS = frozenset(
    ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
)


def find_flags(tree: Any) -> list[str]:
    """Name what a parsed program uses, each once, sorted."""
    found = {flag for node in nodes(tree) for flag in _flags(node)}
    plain = {id(node.func) for node in nodes(tree) if isinstance(node, _ast.Call) and _safe(node)}
    found |= {
        node.id
        for node in nodes(tree)
        if isinstance(node, _ast.Name) and node.id in BY_NAME and id(node) not in plain
    }
    return sorted(found.union(*map(_shadows, tree.body)))


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


def _of_constant(node: Any) -> Iterator[str]:
    """Texts name attributes, too: for getattr, str.format and their like."""
    if isinstance(node.value, str) and "_" in node.value:
        letters = (letter if letter.isidentifier() else " " for letter in node.value)
        yield from HIDDEN.intersection("".join(letters).split())


def _of_pattern(node: Any) -> Iterator[str]:
    return (name for name in node.kwd_attrs if name in ATTRIBUTES)


def _safe(call: Any) -> bool:
    """Whether a call of getattr or its like says which harmless attribute it means."""
    name: Any = call.args[1] if len(call.args) > 1 else None
    return _is_constant(name) and name.value not in ATTRIBUTES


def _shadows(statement: Any) -> set[str]:
    """Built-in names that a program takes for itself: its tests may mean the built-in ones."""
    names = {getattr(statement, "name", "")}
    for target in getattr(statement, "targets", ()):
        names.add(getattr(target, "id", ""))
    for alias in statement.names if isinstance(statement, (_ast.Import, _ast.ImportFrom)) else ():
        names.add(alias.asname or alias.name)
    return {f"{name} hides the built-in one" for name in names if name in BUILTIN_NAMES}


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
    _ast.Constant: _of_constant,
    _ast.MatchClass: _of_pattern,
    _ast.FunctionDef: _of_function,
    _ast.Assign: _of_assignment,
}
