"""Read what a program returned, as data only, and compare it with what was expected."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

from codepref.execution.child_values import encode, encode_short

__all__ = ["Hashed", "Opaque", "Raised", "decode", "encode", "equal"]

RELATIVE_TOLERANCE = 1e-7  # numpy.allclose(rtol=1e-07), as evalplus 0.3.1 calls it


@dataclass(frozen=True)
class Opaque:
    """A value of a type that does not travel; equal to no expected value."""

    type_name: str


@dataclass(frozen=True)
class Raised:
    """The call ended with this exception."""

    type_name: str


@dataclass(frozen=True)
class Hashed:
    """A long value without floats, known by the hash of its text."""

    sha256: str


def decode(text: str) -> object:
    """Give the value that `encode` wrote; text that breaks the format is Opaque.

    A program wrote this text, so it may be anything.
    """
    try:
        return _decode(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Opaque("malformed")


def equal(expected: object, found: object, *, atol: float) -> bool:
    """Compare as Python's == does, floats within atol + 1e-7 |expected| if atol > 0.

    With a tolerance, containers must be of one type and length, element by element.
    """
    if isinstance(found, (Opaque, Raised)):
        return False
    if isinstance(found, Hashed):
        return encode_short(expected) == f'{{"sha256":"{found.sha256}"}}'
    return expected == found or (atol > 0 and _close(expected, found, atol))


def _close(expected: object, found: object, atol: float) -> bool:
    if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        if not (math.isfinite(expected) and math.isfinite(found)):
            return expected == found or (math.isnan(expected) and math.isnan(found))
        return abs(found - expected) <= atol + RELATIVE_TOLERANCE * abs(expected)
    if type(expected) is not type(found):
        return False
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(
            _close(one, other, atol) for one, other in zip(expected, found, strict=True)
        )
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(
            _close(one, found[key], atol) for key, one in expected.items()
        )
    return expected == found


def _decode(node: object) -> object:
    if isinstance(node, list):
        return [_decode(item) for item in node]
    if isinstance(node, dict):
        ((tag, content),) = node.items()
        return _READERS[tag](content)
    return node


def _items(content: object) -> list[object]:
    if not isinstance(content, list):
        raise TypeError(f"expected a list, found {type(content).__name__}")
    return [_decode(item) for item in content]


def _pairs(content: object) -> dict[object, object]:
    pairs: dict[object, object] = {}
    for pair in _items(content):
        if not isinstance(pair, list) or len(pair) != 2:
            raise TypeError("expected pairs of key and value")
        pairs[pair[0]] = pair[1]
    return pairs


def _number(content: object) -> float:
    value = _decode(content)
    if not isinstance(value, float):
        raise TypeError(f"expected a float, found {type(value).__name__}")
    return value


_READERS: dict[str, Callable[[object], object]] = {
    "tuple": lambda content: tuple(_items(content)),
    "set": lambda content: set(_items(content)),
    "frozenset": lambda content: frozenset(_items(content)),
    "dict": _pairs,
    "int": lambda content: int(str(content), 16),
    "float": lambda content: float(str(content)),
    "complex": lambda content: complex(*[_number(item) for item in list(content)]),  # type: ignore[call-overload]
    "bytes": lambda content: bytes.fromhex(str(content)),
    "bytearray": lambda content: bytearray.fromhex(str(content)),
    "range": lambda content: range(*_items(content)),  # type: ignore[call-overload]
    "opaque": lambda content: Opaque(str(content)),
    "raised": lambda content: Raised(str(content)),
    "sha256": lambda content: Hashed(str(content)),
}
