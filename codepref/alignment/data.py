"""What one training reads: pairs in two splits with their reference, and labelled responses."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from codepref.alignment.reference import Reference, ReferenceLogps, look_up
from codepref.alignment.rows import Encoder, Row, in_rows
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.pairs.split import Split


class PairSet(NamedTuple):
    """Pairs in three forms, in one order.

    Attributes:
        pairs: as in their table. rows: as token ids. reference: under the reference.
    """

    pairs: list[Pair]
    rows: list[Row]
    reference: list[ReferenceLogps]


class Unpaired(NamedTuple):
    """Labelled responses: a row for each prompt, and the label of each of its answers."""

    rows: list[Row]
    is_chosen: list[list[bool]]


class Data(NamedTuple):
    """All that is trained on and compared with. n_too_long: pairs that do not fit."""

    train: PairSet
    held_out: PairSet
    unpaired: Unpaired
    n_too_long: int


def prepare(
    pairs: Sequence[Pair],
    labelled: Sequence[LabelledResponse],
    table: Sequence[ReferenceLogps],
    reference: Reference,
    encoder: Encoder,
) -> Data:
    """Encode all for a model, and give each pair its row of the reference.

    Raises:
        DataError: see Encoder and look_up.
    """
    fitting = encoder.pairs(pairs)
    found = look_up(table, fitting.rows, reference)
    known = {pair.pair_id: pair for pair in pairs}
    triples = [
        (known[row.row_id], row, logps) for row, logps in zip(fitting.rows, found, strict=True)
    ]

    def part(split: Split) -> PairSet:
        kept = [triple for triple in triples if triple[0].split == split]
        return PairSet(*([triple[i] for triple in kept] for i in range(3)))  # type: ignore[arg-type]

    to_train = [response for response in labelled if response.split == "train"]
    return Data(part("train"), part("held_out"), _unpaired(to_train, encoder), fitting.n_too_long)


def _unpaired(labelled: Sequence[LabelledResponse], encoder: Encoder) -> Unpaired:
    groups = groupby(in_rows(labelled), key=lambda response: response.instruction_id)
    labels = {name: [response.label == "chosen" for response in group] for name, group in groups}
    rows = encoder.responses(labelled).rows
    return Unpaired(rows, [labels[row.row_id] for row in rows])
