"""Near-duplicate texts: MinHash finds candidates, exact Jaccard similarity decides."""

import re
from collections.abc import Mapping, Set

from rensa import RMinHash, RMinHashLSH

SHINGLE_WORDS = 5  # SelfCodeAlign, also text-dedup
NUM_PERM = 256
NUM_BANDS = 64  # bands of 4: a pair of similarity 0.5 is found with probability 0.984
MINHASH_SEED = 42


def near_duplicates(texts: Mapping[str, str], jaccard: float) -> dict[str, str]:
    """Give for each text that repeats another the id that stays: the smallest of its cluster.

    Texts whose sets of 5 words in a row overlap by at least `jaccard` are joined, and what is
    joined to one text is joined to all of its cluster. The order of the texts does not matter.
    """
    ids = sorted(texts)
    every = [frozenset(shingle(texts[name])) for name in ids]
    first: dict[frozenset[str], int] = {}  # of equal sets one is compared with the others
    parent = [first.setdefault(shingles, place) for place, shingles in enumerate(every)]
    distinct = sorted(first.values())
    hashes = RMinHash.from_token_sets(
        (sorted(every[place]) for place in distinct), NUM_PERM, MINHASH_SEED
    )
    index = RMinHashLSH(threshold=jaccard, num_perm=NUM_PERM, num_bands=NUM_BANDS)
    for this, minhash in zip(distinct, hashes, strict=True):
        for other in sorted(index.query(minhash)):
            if similarity(every[this], every[other]) >= jaccard:
                low, high = sorted((_root(parent, this), _root(parent, other)))
                parent[high] = low
        index.insert(this, minhash)
    roots = {name: ids[_root(parent, position)] for position, name in enumerate(ids)}
    return {name: kept for name, kept in roots.items() if kept != name}


def shingle(text: str) -> set[str]:
    """Every 5 words in a row, lower case; all words as one where there are fewer."""
    words = re.findall(r"\w+", text.lower())
    last = max(len(words) - SHINGLE_WORDS, 0)
    return {" ".join(words[first : first + SHINGLE_WORDS]) for first in range(last + 1)}


def similarity(left: Set[str], right: Set[str]) -> float:
    """Jaccard similarity: size of the intersection over size of the union."""
    return len(left & right) / len(left | right)


def _root(parent: list[int], item: int) -> int:
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item
