"""Find fixed sequences of numbers in many long ones at once: rolling hashes on arrays."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no token is multiplied away
MIX = np.uint64(0xBF58476D1CE4E5B9)
SEPARATOR = 0  # stands between documents and in no pattern

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]


class Packed(NamedTuple):
    """Documents one after the other, a separator after each.

    Attributes:
        tokens: of all documents.
        document: index of the document of each token.
    """

    tokens: Hashes
    document: Positions


class Found(NamedTuple):
    """Where a known sequence starts. Both of shape (found,)."""

    document: Positions
    hashes: Hashes


def pack(documents: Sequence[Sequence[int]]) -> Packed:
    """Put documents of tokens > 0 into one array."""
    sizes = np.fromiter((len(some) + 1 for some in documents), np.int64, len(documents))
    flat: list[int] = []
    for some in documents:
        flat += some
        flat.append(SEPARATOR)
    return Packed(_mixed(np.array(flat, np.uint64)), np.repeat(np.arange(len(documents)), sizes))


def rolling(tokens: Hashes, width: int) -> Hashes:
    """Hash every `width` tokens in a row; shape (tokens - width + 1,), or (0,)."""
    n = len(tokens) - width + 1
    if n <= 0:
        return np.zeros(0, np.uint64)
    found = np.zeros(n, np.uint64)
    for first in range(width):
        found = found * BASE + tokens[first : first + n]
    return found


def hash_of(tokens: Sequence[int]) -> int:
    """Hash one sequence as `rolling` does."""
    return int(rolling(_mixed(np.array(tokens, np.uint64)), len(tokens))[0])


class Windows:
    """Known sequences of one width. What it finds may, once in 2^64, be another sequence."""

    def __init__(self, hashes: Iterable[int], width: int) -> None:
        self._known = np.array(sorted(set(hashes)), np.uint64)
        self._width = width

    def find(self, packed: Packed) -> Found:
        """Give every place where a known sequence starts."""
        hashes = rolling(packed.tokens, self._width)
        if not len(self._known) or not len(hashes):
            return Found(np.zeros(0, np.int64), np.zeros(0, np.uint64))
        nearest = np.searchsorted(self._known, hashes)
        nearest[nearest == len(self._known)] = 0
        places = np.flatnonzero(self._known[nearest] == hashes)
        return Found(packed.document[places], hashes[places])


class Patterns:
    """Known sequences of any length >= 1, found by their first tokens.

    A document that holds a known sequence is always found; that it does must then be checked.
    """

    WIDTHS = (16, 8, 4, 2, 1)

    def __init__(self, patterns: Sequence[Sequence[int]]) -> None:
        self._by_start: dict[int, dict[int, list[int]]] = {}
        for index, pattern in enumerate(patterns):
            width = next(width for width in self.WIDTHS if width <= len(pattern))
            starts = self._by_start.setdefault(width, {})
            starts.setdefault(hash_of(pattern[:width]), []).append(index)
        self._windows = {width: Windows(known, width) for width, known in self._by_start.items()}

    def candidates(self, packed: Packed) -> dict[int, set[int]]:
        """Give for each document the patterns that it may hold; those with none are absent."""
        found: dict[int, set[int]] = {}
        for width, windows in self._windows.items():
            documents, hashes = windows.find(packed)
            for document, start in set(zip(documents.tolist(), hashes.tolist(), strict=True)):
                found.setdefault(document, set()).update(self._by_start[width][start])
        return found


def _mixed(tokens: Hashes) -> Hashes:
    """Spread small numbers over 64 bits; 0 stays 0."""
    spread = tokens * MIX
    return (spread ^ (spread >> np.uint64(29))) * BASE
