"""Read what a program returned or printed, as data only, and pack what it is called with."""

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codepref.errors import DataError
from codepref.execution.child_values import (
    MARSHAL_VERSION,
    NAME_CHARS,
    Malformed,
    encode,
    encode_short,
)
from codepref.execution.child_values import decode as decode_data

__all__ = [
    "Hashed",
    "Opaque",
    "Raised",
    "decode",
    "encode",
    "encode_short",
    "pack",
    "same_output",
    "unpack",
]


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
    """A large value, known by its BLAKE2b: equal to another if the hashes are, else unknown."""

    digest: str


MAX_HASHED = 20_000  # items of a value with sets or dictionaries in it
HASHING = re.compile('"(?:set|frozenset|dict)"')
TAGS = {"opaque": Opaque, "raised": Raised, "hash": Hashed}


def decode(text: str) -> object:
    """Give the value that `encode` wrote; text that breaks the format is Opaque.

    A program wrote this text, so it may be anything: numbers chosen to have one hash, too, which
    make a large set take hours.
    """
    if text.count(",") > MAX_HASHED and HASHING.search(text):
        return Opaque("too large")
    try:
        return decode_data(text, _tagged)
    except Malformed:
        return Opaque("malformed")


def pack(arguments: Sequence[Any]) -> bytes:
    """Write the arguments of one call for a job: equal data of equal types gives equal bytes.

    Raises:
        DataError: they are no plain data.
    """
    try:
        return marshal.dumps(list(arguments), MARSHAL_VERSION)
    except ValueError as error:
        raise DataError(
            f"arguments {str(arguments)[:80]!r} cannot be passed to a program ({error}); expected "
            "None, bool, int, float, complex, str, bytes, list, tuple, dict, set"
        ) from error


def unpack(packed: bytes) -> list[Any]:
    """Give the arguments that `pack` wrote; never call it on what comes from a program."""
    return list(marshal.loads(packed))


def same_output(expected: str, found: str) -> bool:
    """Compare what a program printed, line by line, blanks at the end of lines and text aside."""
    return _lines(expected) == _lines(found)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _tagged(tag: str, content: Any) -> object:
    if tag not in TAGS or not isinstance(content, str):
        raise Malformed("an unknown tag")
    return TAGS[tag](content.encode("ascii", errors="backslashreplace").decode()[:NAME_CHARS])
