"""Write a Python value as canonical JSON text, by its data alone. Also runs inside the sandbox.

None, bool, int, float, str and list are JSON's own; what JSON lacks is an object with one key:
{"tuple": [...]}, {"dict": [[key, value], ...]}, {"set": [...]}, {"int": "hex"}, {"float": "nan"}.
A subclass of a built-in type is written as its built-in part, so its methods never matter.
Anything else is {"opaque": "its type"}.
"""

from __future__ import annotations

from _json import encode_basestring_ascii as _quote

TYPE_CHECKING = False  # typing itself is slow to import, and this runs once per program
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HASH_ABOVE_CHARS = 4096  # longer values without floats are sent as a hash
EXACT_INT = 2**53  # larger ones travel as hex: decimal text of a huge int is quadratic
MAX_DEPTH = 200

_NAMES = type.__dict__["__name__"]
_MRO = type.__dict__["__mro__"]


def encode(value: object) -> str:
    """Write a value; sets and dictionaries in order of their text, so equal ones are one text."""
    return _encode(value, 0)


def encode_short(value: object) -> str:
    """Write a value, or {"sha256": ...} of its text where that is long and holds no float."""
    text = encode(value)
    if len(text) <= HASH_ABOVE_CHARS or _holds_float(value):
        return text
    return f'{{"sha256":"{sha256_text(text)}"}}'


def sha256_text(text: str) -> str:
    """SHA-256 of ASCII text, as 64 hex digits."""
    import hashlib  # slow to import, and rarely needed

    return hashlib.sha256(text.encode("ascii")).hexdigest()


def type_name(value: object) -> str:
    """Name of a value's true type, whatever its __class__ says."""
    return str(_NAMES.__get__(type(value)))


def _encode(value: object, depth: int) -> str:
    if depth > MAX_DEPTH:
        return '{"opaque":"too deep"}'
    for base in _MRO.__get__(type(value)):
        writer = _WRITERS.get(base)
        if writer is not None:
            return writer(value, depth + 1)
    return _tagged("opaque", _quote(type_name(value)))


def _tagged(tag: str, text: str) -> str:
    return f'{{"{tag}":{text}}}'


def _joined(items: Any, depth: int) -> str:
    return "[" + ",".join([_encode(item, depth) for item in items]) + "]"


def _none(value: Any, depth: int) -> str:  # noqa: ARG001 - one signature for all writers
    return "null"


def _bool(value: Any, depth: int) -> str:  # noqa: ARG001
    return "true" if value is True else "false"


def _int(value: Any, depth: int) -> str:  # noqa: ARG001
    number = int.__index__(value)
    if -EXACT_INT <= number <= EXACT_INT:
        return int.__repr__(number)
    return _tagged("int", f'"{number:x}"')


def _float(value: Any, depth: int) -> str:  # noqa: ARG001
    text = float.__repr__(value)
    return text if text.lstrip("-")[0].isdigit() else _tagged("float", f'"{text}"')


def _complex(value: Any, depth: int) -> str:
    real, imag = complex.real.__get__(value), complex.imag.__get__(value)
    return _tagged("complex", f"[{_float(real, depth)},{_float(imag, depth)}]")


def _str(value: Any, depth: int) -> str:  # noqa: ARG001
    return _quote(str.__str__(value))


def _bytes(value: Any, depth: int) -> str:  # noqa: ARG001
    return _tagged("bytes", f'"{bytes.hex(value)}"')


def _bytearray(value: Any, depth: int) -> str:  # noqa: ARG001
    return _tagged("bytearray", f'"{bytearray.hex(value)}"')


def _list(value: Any, depth: int) -> str:
    return _joined(list.__iter__(value), depth)


def _tuple(value: Any, depth: int) -> str:
    return _tagged("tuple", _joined(tuple.__iter__(value), depth))


def _set(value: Any, depth: int) -> str:
    items = sorted([_encode(item, depth) for item in set.__iter__(value)])
    return _tagged("set", "[" + ",".join(items) + "]")


def _frozenset(value: Any, depth: int) -> str:
    items = sorted([_encode(item, depth) for item in frozenset.__iter__(value)])
    return _tagged("frozenset", "[" + ",".join(items) + "]")


def _dict(value: Any, depth: int) -> str:
    pairs = sorted(
        [f"[{_encode(key, depth)},{_encode(item, depth)}]" for key, item in dict.items(value)]
    )
    return _tagged("dict", "[" + ",".join(pairs) + "]")


def _range(value: Any, depth: int) -> str:
    return _tagged("range", _joined((value.start, value.stop, value.step), depth))


_WRITERS: dict[type, Callable[[Any, int], str]] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    bytearray: _bytearray,
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: _frozenset,
    dict: _dict,
    range: _range,
}


def _holds_float(value: object) -> bool:
    if isinstance(value, (float, complex)):
        return True
    if isinstance(value, dict):
        return any(_holds_float(key) or _holds_float(item) for key, item in dict.items(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(_holds_float(item) for item in value)
    return False
