"""Counts of the pairs that were kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, get_args

from codepref.pairs.rows import Pair
from codepref.pairs.split import Split
from codepref.records import Json


class Lengths(NamedTuple):
    """Completion tokens of both sides of a pair."""

    chosen: int
    rejected: int


def summarise_pairs(pairs: Sequence[Pair], lengths: Mapping[str, Lengths]) -> dict[str, Json]:
    """Count pairs by split, and give the mean tokens of each side; the means are None for none.

    Args:
        pairs: those that were kept.
        lengths: of at least these pairs, by pair_id.
    """
    splits = Counter(pair.split for pair in pairs)
    kept = [lengths[pair.pair_id] for pair in pairs]
    return {
        "n_pairs": len(pairs),
        "n_pairs_by_split": {split: splits[split] for split in get_args(Split)},
        "chosen_tokens": fmean(item.chosen for item in kept) if kept else None,
        "rejected_tokens": fmean(item.rejected for item in kept) if kept else None,
        "chosen_longer": fmean(item.chosen > item.rejected for item in kept) if kept else None,
    }
