"""Count asserts, and let no object decide what it equals. Runs inside the sandbox.

Every `assert` of a test text gets a call before it that counts, and every comparison inside it
becomes a call. Plain data is compared as copies of the data alone, so methods of a subclass never
matter; an object with comparison methods of its own that meets plain data is tampering. Two
objects of the program compare as the program says.
"""

from __future__ import annotations

import _ast
import operator
from collections.abc import Callable
from typing import Any

from codepref.execution.child_values import How, decode, encode, own_names, tagged

SYMBOLS = {
    _ast.Eq: "eq",
    _ast.NotEq: "ne",
    _ast.Lt: "lt",
    _ast.LtE: "le",
    _ast.Gt: "gt",
    _ast.GtE: "ge",
    _ast.Is: "is",
    _ast.IsNot: "is_not",
    _ast.In: "in",
    _ast.NotIn: "not_in",
}
COMPARISONS = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
SCALARS = tuple(map(id, (type(None), bool, int, float, complex, str, bytes)))
IDENTITY: dict[str, Callable[[Any, Any], bool]] = {"is": operator.is_, "is_not": operator.is_not}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")
}


class Tampered(BaseException):
    """An object that decides by itself what it equals was compared with plain data."""


class Foreign:
    """An object of the program among copies of plain data."""

    __slots__ = ("refuse", "value")

    def __init__(self, value: Any, refuse: Callable[[object], None]) -> None:
        self.value = value
        self.refuse = refuse

    def __hash__(self) -> int:
        return hash(self.value)


def _foreign_method(name: str) -> Callable[[Foreign, object], Any]:
    compare = ORDER[name]

    def method(self: Foreign, other: object) -> Any:
        if type(other) is Foreign:
            return bool(compare(self.value, other.value))
        self.refuse(self.value)
        return NotImplemented

    return method


for _name in ORDER:
    setattr(Foreign, f"__{_name}__", _foreign_method(_name))


class Watch:
    """What was seen while tests ran."""

    def __init__(self) -> None:
        self.asserts = 0
        self.tampered = ""

    def count(self) -> None:
        """Note that an assert is about to run."""
        self.asserts += 1

    def compare(self, symbols: str, *operands: Any) -> Any:
        """Evaluate a chain of comparisons.

        Raises:
            Tampered: an object would have decided by itself what plain data it equals.
        """
        result: Any = True
        for place, symbol in enumerate(symbols.split()):
            result = self._compare(symbol, operands[place], operands[place + 1])
            if not result:
                break
        return result

    def guard(self, left: object, right: object) -> tuple[object, object]:
        """Give two values to be compared by others: copies of data, with objects that cannot lie.

        Two objects of the program stay as they are.
        """
        if id(type(left)) in SCALARS and id(type(right)) in SCALARS:
            return left, right
        seen: dict[int, Foreign] = {}
        copies = self._copy(left, seen), self._copy(right, seen)
        return (left, right) if all(type(copy) is Foreign for copy in copies) else copies

    def refuse(self, value: object) -> None:
        """Let no object with comparison methods of its own be compared with plain data.

        Raises:
            Tampered: it has some.
        """
        if not COMPARISONS.isdisjoint(own_names(value)):
            self.tampered = "an object with its own comparison was compared with plain data"
            raise Tampered(self.tampered)

    def _compare(self, symbol: str, left: Any, right: Any) -> Any:
        if symbol in IDENTITY:
            return IDENTITY[symbol](left, right)
        left, right = self.guard(left, right)
        if symbol in ORDER:
            return ORDER[symbol](left, right)
        return self._contains(right, left) is (symbol == "in")

    def _contains(self, container: Any, item: Any) -> bool:
        if type(container) is not Foreign:
            return operator.contains(container, item)
        if "__contains__" in own_names(container.value):
            self.tampered = "an object with its own __contains__ was asked for plain data"
            raise Tampered(self.tampered)
        return any(self._compare("eq", item, element) for element in container.value)

    def _copy(self, value: object, seen: dict[int, Foreign]) -> object:
        """Copy data; an object that is none becomes Foreign, the same one each time."""

        def keep(thing: object) -> str:
            seen.setdefault(id(thing), Foreign(thing, self.refuse))
            return tagged("foreign", str(id(thing)))

        def give(tag: str, content: Any) -> object:
            return seen[content] if tag == "foreign" else Foreign(object(), self.refuse)

        return decode(encode(value, How(other=keep, sorts=False)), give)


def rewrite(tree: _ast.Module, count: str, compare: str) -> None:
    """Make every assert of a parsed text count and compare by calling functions of these names.

    Args:
        tree: is changed.
        count: called before each assert.
        compare: called for each comparison inside one; "" to leave comparisons as they are.
    """
    _rewrite_children(tree, count, compare, within=False)


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
