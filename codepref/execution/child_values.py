"""Python values as canonical JSON text, by their data alone. Also runs inside the sandbox.

None, bool, int, float, str and list are JSON's own; what JSON lacks is an object with one key:
{"tuple": [...]}, {"dict": [[key, value], ...]}, {"set": [...]}, {"int": "hex"}, {"float": "nan"}.
So are Fraction, Decimal, deque, and dates and times without a zone. A subclass of such a type is
written as its built-in part, so its methods never matter.
Anything else is {"opaque": "its type"}, unless the caller knows a way to write it.
"""

from __future__ import annotations

import json
import marshal
import operator
from _blake2 import blake2b  # hashlib takes 10 ms to import, for OpenSSL
from _json import encode_basestring_ascii as _quote
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

HASH_ABOVE_BYTES = 4096  # larger values are sent as a hash
MARSHAL_VERSION = 2  # later ones share equal parts, by their number of references
EXACT_INT = 2**53  # larger ones travel as hex: decimal text of a huge int is quadratic
MAX_DEPTH = 200
NAME_CHARS = 100

Other = Callable[[object], str | None]
Unknown = Callable[[str, Any], object]

_NAMES = type.__dict__["__name__"]
_MRO = type.__dict__["__mro__"]
_DICT = type.__dict__["__dict__"]


class Malformed(ValueError):
    """Text that no encoder here wrote."""


class How(NamedTuple):
    """A way to write values.

    Attributes:
        other: gives the text of an object that is no plain data, or None for {"opaque": ...}.
        sorts: dictionaries go by their text, so that equal ones are one text; else they keep their
            order, which is theirs to use.
    """

    other: Other
    sorts: bool


CANONICAL = How(other=lambda value: None, sorts=True)  # noqa: ARG005


def encode(value: object, how: How = CANONICAL) -> str:
    """Write a value, which may be anything at all; sets always go by their text."""
    return _encode(value, 0, how)


def encode_short(value: object) -> str:
    """Write a value, or {"hash": ...} where it is large.

    Equal hashes mean equal data of equal types, in one order; other hashes mean nothing yet:
    1 and 1.0 are equal, and so are dictionaries filled in another order.
    """
    if id(type(value)) in _HASHED:
        try:
            data = marshal.dumps(value, MARSHAL_VERSION)  # type: ignore[arg-type]
        except ValueError:  # an object inside that is no plain data
            data = b""
        if len(data) > HASH_ABOVE_BYTES:
            return tagged("hash", f'"{_digest(data)}"')
    text = encode(value)
    if len(text) > 2 * HASH_ABOVE_BYTES:
        return tagged("hash", f'"{_digest(text.encode("ascii"))}"')
    return text


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=32).hexdigest()


def decode(text: str | bytes, unknown: Unknown) -> object:
    """Give the value that `encode` wrote.

    Args:
        text: may be anything: a program wrote it.
        unknown: gives the value of a tag that is not data, from its JSON content; raises
            Malformed for a tag it does not know.

    Raises:
        Malformed: the text breaks the format.
    """
    try:
        return _decode(json.loads(text), unknown)
    except (ValueError, TypeError, RecursionError, ArithmeticError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def type_name(value: object) -> str:
    """Name of a value's true type, whatever its __class__ says."""
    return class_name(type(value))


def lineage(kind: type) -> tuple[type, ...]:
    """A class and its bases in order, whatever its metaclass says."""
    bases: tuple[type, ...] = _MRO.__get__(kind)
    return bases


def mro(value: object) -> tuple[type, ...]:
    """True type of a value and its bases, whatever its __class__ says."""
    return lineage(type(value))


def is_class(value: object) -> bool:
    """Say whether a value is a class; no code of its own runs."""
    return any(base is type for base in mro(value))


def class_name(kind: type) -> str:
    """Name of a class, whatever its metaclass says; a long one is cut."""
    return str(_NAMES.__get__(kind))[:NAME_CHARS]


def own_names(value: object) -> set[str]:
    """What the classes of a value define, but for `object`; no code of theirs runs."""
    return {name for base in mro(value) if base is not object for name in _DICT.__get__(base)}


def tagged(tag: str, text: str) -> str:
    """Write an object with one key."""
    return f'{{"{tag}":{text}}}'


def _encode(value: object, depth: int, how: How) -> str:
    if depth > MAX_DEPTH:
        return '{"opaque":"too deep"}'
    for base in mro(value):
        leaf, container = _LEAVES_BY_ID.get(id(base)), _CONTAINERS_BY_ID.get(id(base))
        if leaf is not None:
            return leaf(value)
        if container is not None:
            return container(value, depth + 1, how)
    return how.other(value) or tagged("opaque", _quote(type_name(value)))


def _joined(items: Any, depth: int, how: How) -> str:
    return "[" + ",".join([_encode(item, depth, how) for item in items]) + "]"


def _sorted(items: Any, depth: int, how: How) -> str:
    return "[" + ",".join(sorted([_encode(item, depth, how) for item in items])) + "]"


def _int(value: Any) -> str:
    number = int.__index__(value)
    if -EXACT_INT <= number <= EXACT_INT:
        return int.__repr__(number)
    return tagged("int", f'"{number:x}"')


def _float(value: Any) -> str:
    text = float.__repr__(value)
    return text if text.lstrip("-")[0].isdigit() else tagged("float", f'"{text}"')


def _complex(value: Any) -> str:
    real, imag = complex.real.__get__(value), complex.imag.__get__(value)
    return tagged("complex", f"[{_float(real)},{_float(imag)}]")


def _fraction(value: Any) -> str:
    return tagged("fraction", f"[{_int(value._numerator)},{_int(value._denominator)}]")


def _datetime(value: Any) -> str:
    if datetime.utcoffset(value) is not None:
        return tagged("opaque", '"datetime with a zone"')
    return tagged("datetime", _quote(datetime.isoformat(value)))


def _timedelta(value: Any) -> str:
    parts = (timedelta.days, timedelta.seconds, timedelta.microseconds)
    return tagged("timedelta", "[" + ",".join(_int(part.__get__(value)) for part in parts) + "]")


def _dict(value: Any, depth: int, how: How) -> str:
    pairs = [
        f"[{_encode(key, depth, how)},{_encode(item, depth, how)}]"
        for key, item in dict.items(value)
    ]
    return tagged("dict", "[" + ",".join(sorted(pairs) if how.sorts else pairs) + "]")


_LEAVES: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "null",  # noqa: ARG005
    bool: lambda value: "true" if value is True else "false",
    int: _int,
    float: _float,
    complex: _complex,
    str: lambda value: _quote(str.__str__(value)),
    bytes: lambda value: tagged("bytes", f'"{bytes.hex(value)}"'),
    bytearray: lambda value: tagged("bytearray", f'"{bytearray.hex(value)}"'),
    range: lambda value: tagged(
        "range", f"[{_int(value.start)},{_int(value.stop)},{_int(value.step)}]"
    ),
    Fraction: _fraction,
    Decimal: lambda value: tagged("decimal", _quote(Decimal.__str__(value))),
    date: lambda value: tagged("date", _quote(date.isoformat(value))),
    datetime: _datetime,
    timedelta: _timedelta,
}
_CONTAINERS: dict[type, Callable[[Any, int, How], str]] = {
    list: lambda value, depth, how: _joined(list.__iter__(value), depth, how),
    tuple: lambda value, depth, how: tagged("tuple", _joined(tuple.__iter__(value), depth, how)),
    set: lambda value, depth, how: tagged("set", _sorted(set.__iter__(value), depth, how)),
    frozenset: lambda value, depth, how: tagged(
        "frozenset", _sorted(frozenset.__iter__(value), depth, how)
    ),
    deque: lambda value, depth, how: tagged("deque", _joined(deque.__iter__(value), depth, how)),
    type({}.keys()): lambda value, depth, how: tagged("set", _sorted(value, depth, how)),
    type({}.items()): lambda value, depth, how: tagged("set", _sorted(value, depth, how)),
    dict: _dict,
}
# By identity: a class may have a metaclass that decides how it hashes and what it equals.
_LEAVES_BY_ID = {id(kind): writer for kind, writer in _LEAVES.items()}
_CONTAINERS_BY_ID = {id(kind): writer for kind, writer in _CONTAINERS.items()}
_HASHED = tuple(map(id, (str, bytes, int, list, tuple, dict, set, frozenset)))


def _decode(node: object, unknown: Unknown) -> object:
    if isinstance(node, list):
        return [_decode(item, unknown) for item in node]
    if isinstance(node, dict):
        ((tag, content),) = node.items()
        if tag in _LEAF_READERS:
            return _LEAF_READERS[tag](content)
        if tag in _CONTAINER_READERS:
            return _CONTAINER_READERS[tag](_items(content, unknown))
        return unknown(tag, content)
    return node


def _items(content: object, unknown: Unknown) -> list[Any]:
    if not isinstance(content, list):
        raise TypeError(f"expected a list, found {type(content).__name__}")
    return [_decode(item, unknown) for item in content]


def _read_decimal(text: str) -> Decimal:
    value = Decimal(text)
    if value.is_snan():  # it raises in whoever compares it
        raise ValueError("a signalling NaN")
    return value


_LEAF_READERS: dict[str, Callable[[Any], object]] = {
    "int": lambda content: int(str(content), 16),
    "float": lambda content: float(str(content)),
    "bytes": lambda content: bytes.fromhex(str(content)),
    "bytearray": lambda content: bytearray.fromhex(str(content)),
    "decimal": lambda content: _read_decimal(str(content)),
    "date": lambda content: date.fromisoformat(str(content)),
    "datetime": lambda content: datetime.fromisoformat(str(content)),
}
_CONTAINER_READERS: dict[str, Callable[[list[Any]], object]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": lambda items: {key: value for key, value in items},  # noqa: C416 - refuses odd pairs
    "complex": lambda items: complex(*items),
    "range": lambda items: range(*items),
    "fraction": lambda items: Fraction(*map(operator.index, items)),  # not of text: 1e999999999
    "deque": deque,
    "timedelta": lambda items: timedelta(*items),
}
