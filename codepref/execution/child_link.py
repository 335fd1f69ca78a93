"""Calls by value between a program and its judge, which are two processes. Runs inside the sandbox.

Plain data is copied. Anything else stays where it is, and the other side gets a handle on which it
may ask for operations. Either side may ask while it answers, so tests can pass functions.
"""

from __future__ import annotations

import builtins
import operator
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from codepref.execution.child_values import (
    How,
    Malformed,
    class_name,
    decode,
    encode,
    is_class,
    lineage,
    own_names,
    tagged,
    type_name,
)

MAX_FRAME_BYTES = 16 * 1024 * 1024
HEAD_BYTES = 4
MUTABLE = (list, dict, set, bytearray)
NOT_RAISED = (SystemExit, KeyboardInterrupt, GeneratorExit)
COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")
BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("lshift", "rshift", "and", "or", "xor", "divmod"),
)
# Special methods by which an object would decide what it is beside plain data.
DECIDING = frozenset(
    f"__{name}__"
    for name in (*COMPARING, *BINARY, *(f"r{name}" for name in BINARY), "contains", "bool", "len")
)


class Gone(BaseException):
    """The other side has ended, or closed the link."""


class Interfered(BaseException):
    """What came over the link is not what an honest other side sends."""


class Ref(NamedTuple):
    """An object of the other side.

    Attributes:
        number: the other side's own.
        type_name: of the object; of the class itself where it is one.
        own: those of DECIDING that its class defines and `object` does not.
    """

    number: int
    type_name: str
    own: frozenset[str]


class Link:
    """One end of the link."""

    def __init__(
        self,
        descriptors: tuple[int, int],
        may: Callable[[str, object, list[Any]], bool],
        wrap: Callable[[Link, Ref], object],
        unwrap: Callable[[object], Ref | None],
        on_error: Callable[[BaseException], None] = lambda error: None,  # noqa: ARG005
    ) -> None:
        """Open this end.

        Args:
            descriptors: to read from, to write to.
            may: whether the other side may use an operation on an object of this one.
            wrap: makes what stands here for an object of the other side.
            unwrap: gives the Ref of what `wrap` made, None for anything else.
            on_error: is told what an operation raised here.
        """
        self._reading, self._writing = descriptors
        self._may, self._wrap, self._unwrap, self._on_error = may, wrap, unwrap, on_error
        self._how = How(other=self._export, sorts=False)
        self._exported: list[object] = []
        self._numbers: dict[int, int] = {}
        self._imported: dict[int, object] = {}
        self._exceptions: dict[str, type[BaseException]] = {}
        self.broken: BaseException | None = None
        self.tampered = ""

    def send(self, *message: object) -> None:
        """Send one message.

        Raises:
            Gone: nobody reads, or the link is broken.
        """
        if self.broken is not None:
            raise Gone
        text = encode(list(message), self._how)
        if len(text) > MAX_FRAME_BYTES:
            text = encode(["raised", ValueError, ["a value too large to pass on"]], self._how)
        data = memoryview(len(text).to_bytes(HEAD_BYTES, "little") + text.encode("ascii"))
        try:
            while data:
                data = data[os.write(self._writing, data) :]
        except OSError:
            raise self._break(Gone()) from None

    def receive(self) -> list[Any]:
        """Wait for one message.

        Raises:
            Gone: there will be none.
            Interfered: it is none.
        """
        size = int.from_bytes(self._read(HEAD_BYTES), "little")
        if size > MAX_FRAME_BYTES:
            raise self._break(Interfered(f"a message of {size} bytes"))
        try:
            message = decode(bytes(self._read(size)), self._import)
        except (Malformed, MemoryError) as error:
            raise self._break(Interfered(f"a message that cannot be read: {error}")) from error
        if not isinstance(message, list):
            raise self._break(Interfered("no message"))
        return message

    def ask(self, operation: str, target: object, *arguments: object, **named: object) -> Any:
        """Let the other side do something with an object, and give the result.

        Lists, dictionaries and sets that it changed in place are changed here, too.

        Raises:
            BaseException: what it raised there, as the nearest built-in class; SystemExit too.
            Gone, Interfered: it did not answer, or not honestly.
        """
        self.send("ask", operation, target, list(arguments), named)
        while True:
            match self.receive():
                case ["value", value, dict() as changes]:
                    if not _change(arguments, changes):
                        raise self._break(Interfered("a changed argument that was not there"))
                    return value
                case ["raised", type() as kind, list() as details]:
                    raise _made(kind, details)
                case ["exit"]:
                    raise SystemExit
                case ["ask", str() as asked, on, list() as given, dict() as named_there]:
                    self.answer(asked, on, given, named_there)
                case _:
                    raise self._break(Interfered("no answer"))

    def answer(
        self, operation: str, target: object, arguments: list[Any], named: dict[Any, Any]
    ) -> None:
        """Do what the other side asked for, and send the result."""
        work = OPERATIONS.get(operation)
        known = id(target) in self._numbers  # an object that was handed out, not data that came in
        if work is None or not known or not self._may(operation, target, arguments):
            self.send("raised", TypeError, [f"{operation} of {type_name(target)} is not for here"])
            return
        before = [_state(argument) for argument in arguments]
        reply: tuple[object, ...]
        try:
            result = work(target, *arguments, **named)
            pairs = enumerate(zip(arguments, before, strict=True))
            changes = {i: value for i, (value, was) in pairs if _state(value) != was}
            reply = ("value", result, changes)
        except SystemExit:
            reply = ("exit",)
        except (Gone, Interfered):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a candidate raises is an answer
            reply = ("raised", type(error), list(error.args))
            self._on_error(error)
        self.send(*reply)

    def _break(self, error: BaseException) -> BaseException:
        """Remember that nothing more can be asked, should somebody's code catch the error."""
        self.broken = self.broken or error
        return error

    def _read(self, size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            part = os.read(self._reading, size - len(data))
            if not part:
                raise self._break(Gone())
            data += part
        return data

    def _export(self, value: object) -> str:
        ref = self._unwrap(value)
        if ref is not None:
            return tagged("yours", str(ref.number))
        if is_class(value) and any(base is BaseException for base in lineage(value)):  # type: ignore[arg-type]
            return tagged("exception", encode([class_name(value), _builtin_names(value)]))  # type: ignore[arg-type]
        number = self._numbers.setdefault(id(value), len(self._exported))
        if number == len(self._exported):
            self._exported.append(value)
        name = class_name(value) if is_class(value) else type_name(value)  # type: ignore[arg-type]
        return tagged("handle", encode([number, name, sorted(own_names(value) & DECIDING)]))

    def _import(self, tag: str, content: Any) -> object:
        match tag, content:
            case "yours", int() as number if 0 <= number < len(self._exported):
                return self._exported[number]
            case "handle", [int() as number, str() as name, list() as own]:
                ref = Ref(number, name, frozenset(map(str, own)))
                return self._imported.setdefault(number, self._wrap(self, ref))
            case "exception", [str() as name, list() as bases]:
                return self._exceptions.setdefault(name, _exception(name, bases))
            case "opaque", str() as name:
                return self._wrap(self, Ref(-1, name, frozenset()))
        raise Malformed(f"an unknown {tag}")


def _change(arguments: tuple[Any, ...], changes: dict[Any, Any]) -> bool:
    for index, value in changes.items():
        known = type(index) is int and 0 <= index < len(arguments)
        old: Any = arguments[index] if known else None
        if type(old) is not type(value) or type(old) not in MUTABLE:
            return False
        old.clear()
        if isinstance(old, (list, bytearray)):
            old.extend(value)
        else:
            old.update(value)
    return True


def _state(value: object) -> str | None:
    return encode(value) if any(type(value) is kind for kind in MUTABLE) else None


def _made(kind: type[BaseException], details: list[Any]) -> BaseException:
    try:
        return kind(*details)
    except TypeError:
        return Exception(*details)


def _exception(name: str, bases: list[Any]) -> type[BaseException]:
    """The built-in class of that name, or one made here on its nearest built-in class."""
    known = [getattr(builtins, str(base), None) for base in bases]
    fit = [k for k in known if isinstance(k, type) and issubclass(k, BaseException)]
    nearest = next((kind for kind in fit if not issubclass(kind, NOT_RAISED)), Exception)
    return nearest if nearest.__name__ == name else type(name, (nearest,), {})


def _builtin_names(kind: type) -> list[str]:
    known = [base for base in lineage(kind) if vars(builtins).get(class_name(base)) is base]
    return [class_name(base) for base in known]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda target, *arguments, **named: target(*arguments, **named),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "len": len,
    "iter": iter,
    "next": next,
    "bool": bool,
    "str": str,
    "repr": repr,
    "format": format,
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "round": round,
    "abs": abs,
    "neg": operator.neg,
    "pos": operator.pos,
    "invert": operator.invert,
    "enter": lambda target: target.__enter__(),
    "exit": lambda target, *details: target.__exit__(None, None, None),  # noqa: ARG005
    "isinstance": lambda target, value: isinstance(value, target),
    "issubclass": lambda target, value: issubclass(value, target),
    **{name: getattr(operator, name) for name in COMPARING},
    **{name: getattr(operator, f"__{name}__") for name in BINARY if name != "divmod"},
    "divmod": divmod,
    # What a judge asks of the program as a whole; the target is its namespace.
    "names": lambda target, *names: {n: target.names[n] for n in names if n in target.names},
}
