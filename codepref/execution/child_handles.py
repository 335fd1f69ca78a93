"""What stands in a judge for an object of the program, and the other way round. In the sandbox.

An object never decides how it compares with plain data: where its class would, that is tampering;
where it would not, the two are not equal. Two objects of the program compare as the program says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from codepref.execution.child_asserts import Tampered
from codepref.execution.child_link import BINARY, COMPARING, Link, Ref

ASKED = (
    *("len", "next", "str", "repr", "format", "hash", "int", "float", "complex", "index"),
    *("round", "abs", "neg", "pos", "invert", "enter", "call"),
    *("getitem", "setitem", "delitem"),
)


class Handle:
    """An object of the other side."""

    __slots__ = ("_link", "_ref")
    _link: Link
    _ref: Ref

    def __init__(self, link: Link, ref: Ref) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_ref", ref)

    def __getattr__(self, name: str) -> Any:
        return self._link.ask("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self._link.ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._link.ask("delattr", self, name)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._link.ask("iter", self)
        while True:
            try:
                yield self._link.ask("next", iterator)
            except StopIteration:
                return

    def __bool__(self) -> bool:
        if self._ref.own.isdisjoint(("__bool__", "__len__")):
            return True
        return bool(self._link.ask("bool", self))

    def __contains__(self, item: object) -> bool:
        if isinstance(item, Handle):
            return bool(self._link.ask("contains", self, item))
        _refuse_if_own(self, "__contains__")
        return any(item == element for element in self)

    def __exit__(self, *details: object) -> bool:
        return bool(self._link.ask("exit", self))

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Handle) and bool(self._link.ask("isinstance", self, value))

    def __subclasscheck__(self, value: object) -> bool:
        return isinstance(value, Handle) and bool(self._link.ask("issubclass", self, value))


def unwrap(value: object) -> Ref | None:
    """Give what a handle stands for; None for anything else."""
    return value._ref if type(value) is Handle else None


def _refuse_if_own(handle: Handle, *methods: str) -> None:
    for method in methods:
        if method in handle._ref.own:
            name = handle._ref.type_name
            handle._link.tampered = f"a {name} decides by {method} how it meets plain data"
            raise Tampered(handle._link.tampered)


def _asked(operation: str) -> Callable[..., Any]:
    def method(self: Handle, *arguments: Any, **named: Any) -> Any:
        return self._link.ask(operation, self, *arguments, **named)

    return method


def _between(operation: str, *, swapped: bool) -> Callable[[Handle, object], Any]:
    name = f"__{operation}__"

    def method(self: Handle, other: object) -> Any:
        if isinstance(other, Handle):
            pair = (other, self) if swapped else (self, other)
            return self._link.ask(operation, *pair)
        _refuse_if_own(self, f"__r{operation}__" if swapped else name)
        return NotImplemented

    return method


for _name in ASKED:
    setattr(Handle, f"__{_name}__", _asked(_name))
for _name in COMPARING:
    setattr(Handle, f"__{_name}__", _between(_name, swapped=False))
for _name in BINARY:
    setattr(Handle, f"__{_name}__", _between(_name, swapped=False))
    setattr(Handle, f"__r{_name}__", _between(_name, swapped=True))
