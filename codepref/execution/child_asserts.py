"""Count asserts, and see through objects that lie about being equal. Runs inside the sandbox.

Every `assert` of a test text gets a call before it that counts, and every comparison inside it
becomes a call that looks at the operands' true types first.
"""

from __future__ import annotations

import _ast
import _operator
import sys
from collections.abc import Iterable
from typing import Any

MAX_NODES = 20_000  # looked at in one comparison
SCALARS = (type(None), bool, int, float, complex, str, bytes, bytearray, range)
PLAIN = frozenset((*SCALARS, list, tuple, dict, set, frozenset))
COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
SYMBOLS = {
    _ast.Eq: "==",
    _ast.NotEq: "!=",
    _ast.Lt: "<",
    _ast.LtE: "<=",
    _ast.Gt: ">",
    _ast.GtE: ">=",
    _ast.Is: "is",
    _ast.IsNot: "is-not",
    _ast.In: "in",
    _ast.NotIn: "not-in",
}
_STDLIB = (sys.base_prefix + "/lib", "<frozen ")
_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]
_FUNCTION = type(lambda: None)
_C_SLOT = type(int.__eq__)


def _contains(item: Any, container: Any) -> bool:
    return _operator.contains(container, item)


def _contains_not(item: Any, container: Any) -> bool:
    return not _operator.contains(container, item)


OPERATORS = {
    "==": _operator.eq,
    "!=": _operator.ne,
    "<": _operator.lt,
    "<=": _operator.le,
    ">": _operator.gt,
    ">=": _operator.ge,
    "is": _operator.is_,
    "is-not": _operator.is_not,
    "in": _contains,
    "not-in": _contains_not,
}


class Tampered(BaseException):
    """An object that decides by itself what it equals was compared with plain data."""


class Watch:
    """What was seen while tests ran."""

    def __init__(self) -> None:
        self.asserts = 0
        self.tampered = ""

    def count(self) -> None:
        """Note that an assert is about to run."""
        self.asserts += 1

    def look(self, left: object, right: object) -> None:
        """Raise if one side lies.

        Raises:
            Tampered: one side is plain data, the other has comparison methods of its own.
        """
        if lies(left, right):
            self.tampered = "an object with its own comparison was compared with plain data"
            raise Tampered(self.tampered)

    def compare(self, symbols: str, *operands: Any) -> Any:
        """Evaluate a chain of comparisons."""
        result: Any = True
        for place, symbol in enumerate(symbols.split()):
            left, right = operands[place], operands[place + 1]
            if symbol in ("in", "not-in"):
                for item in _elements(right):
                    self.look(left, item)
            elif symbol not in ("is", "is-not"):
                self.look(left, right)
            result = OPERATORS[symbol](left, right)
            if not result:
                break
        return result


def rewrite(tree: _ast.Module, count: str, compare: str) -> None:
    """Make every assert of a parsed text count and compare by calling functions of these names.

    Args:
        tree: is changed.
        count: called before each assert.
        compare: called for each comparison inside one; "" to leave comparisons as they are.
    """
    _rewrite_children(tree, count, compare, within=False)


def lies(left: object, right: object) -> bool:
    """Say whether an object with comparison methods of its own meets plain data here or deeper."""
    waiting = [(left, right)]
    for _ in range(MAX_NODES):
        if not waiting:
            return False
        one, other = waiting.pop()
        plain, other_plain = type(one) in PLAIN, type(other) in PLAIN
        if (not plain and other_plain and _foreign(one)) or (
            not other_plain and plain and _foreign(other)
        ):
            return True
        waiting.extend(_inner(one, other))
    return False


def _rewrite_children(node: Any, count: str, compare: str, *, within: bool) -> None:
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            items: list[Any] = []
            for item in value:
                if isinstance(item, _ast.Assert):
                    items.append(_at(_ast.Expr(_call(count, [], item)), item))
                items.append(_rewritten(item, count, compare, within=within))
            setattr(node, field, items)
        elif isinstance(value, _ast.AST):
            setattr(node, field, _rewritten(value, count, compare, within=within))


def _rewritten(node: Any, count: str, compare: str, *, within: bool) -> Any:
    if not isinstance(node, _ast.AST):
        return node
    within = within or isinstance(node, _ast.Assert)
    _rewrite_children(node, count, compare, within=within)
    if within and compare and isinstance(node, _ast.Compare):
        symbols = _at(_ast.Constant(" ".join([SYMBOLS[type(op)] for op in node.ops])), node)
        return _call(compare, [symbols, node.left, *node.comparators], node)
    return node


def _call(name: str, arguments: list[Any], like: Any) -> Any:
    function = _at(_ast.Name(name, _ast.Load()), like)
    return _at(_ast.Call(function, arguments, []), like)


def _at(node: Any, like: Any) -> Any:
    for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(node, field, getattr(like, field))
    return node


def _inner(one: Any, other: Any) -> Iterable[tuple[object, object]]:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return zip(list(one)[:MAX_NODES], list(other)[:MAX_NODES], strict=False)
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            *zip(_ordered(dict.keys(one)), _ordered(dict.keys(other)), strict=False),
            *zip(dict.values(one), dict.values(other), strict=False),
        ]
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)):
        return zip(_ordered(one), _ordered(other), strict=False)
    return ()


def _ordered(items: Iterable[object]) -> list[object]:
    """Foreign objects first, so that one of them meets the other side's plain data."""
    return sorted(items, key=lambda item: type(item) in PLAIN)


def _elements(container: object) -> Iterable[object]:
    if isinstance(container, (list, tuple, set, frozenset, dict)):
        return list(container)[:MAX_NODES]
    return ()


def _foreign(value: object) -> bool:
    for base in _MRO.__get__(type(value)):
        methods = _DICT.__get__(base)
        own = [methods[name] for name in COMPARISONS if name in methods]
        if base in PLAIN or base is object:
            return False
        if any(not _trusted(method) for method in own):
            return True
    return False


def _trusted(method: object) -> bool:
    if type(method) is _FUNCTION:
        return method.__code__.co_filename.startswith(_STDLIB)
    return type(method) is _C_SLOT
