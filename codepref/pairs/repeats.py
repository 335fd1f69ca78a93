"""Pairs that nearly repeat the pair of another instruction."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from codepref.checkpoints.fences import extract_code
from codepref.pairs.config import NearDuplicatesConfig
from codepref.pairs.rows import Pair
from codepref.seeds.duplicates import near_duplicates


class Distinct(NamedTuple):
    """Pairs that stay, in their order, and how many went by what they repeat, zeros too."""

    pairs: list[Pair]
    dropped: dict[str, int]


def drop_near_duplicates(
    pairs: Sequence[Pair], texts: Mapping[str, str], config: NearDuplicatesConfig
) -> Distinct:
    """Keep one pair of each cluster of near-duplicates: the one of the smallest pair_id.

    Instruction, chosen answer and chosen program are compared one after the other. Several pairs
    of one instruction are no repeats of each other: an instruction goes or stays as a whole, by
    the first of its pairs. Source: SelfCodeAlign, arXiv:2410.24198, MinHash on the same three.

    Args:
        pairs: of distinct ids.
        texts: the text of each instruction, by instruction_id.
        config: what is compared.
    """
    compared: dict[str, Callable[[Pair], str] | None] = {
        "instruction": (lambda pair: texts[pair.instruction_id]) if config.instruction else None,
        "chosen": (lambda pair: pair.chosen) if config.chosen else None,
        "program": (lambda pair: extract_code(pair.chosen)) if config.program else None,
    }
    kept = list(pairs)
    dropped: dict[str, int] = {}
    for name, text_of in compared.items():
        before = len(kept)
        if text_of is not None:
            first: dict[str, Pair] = {}
            for pair in sorted(kept, key=lambda pair: pair.pair_id):
                first.setdefault(pair.instruction_id, pair)
            by_id = {pair.pair_id: text_of(pair) for pair in first.values()}
            repeats = near_duplicates(by_id, config.jaccard)
            gone = {pair.instruction_id for pair in first.values() if pair.pair_id in repeats}
            kept = [pair for pair in kept if pair.instruction_id not in gone]
        dropped[name] = before - len(kept)
    return Distinct(kept, dropped)
