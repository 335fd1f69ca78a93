"""Log-probabilities of pairs under the reference model: computed once, a table of their own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from pydantic import TypeAdapter
from torch import nn

from codepref.alignment.config import Dtype, PolicyParams
from codepref.alignment.logps import answer_logps, to_device
from codepref.alignment.packing import pack
from codepref.alignment.rows import IDS_SHOWN, Row
from codepref.checkpoints.manifest import Manifest, Template
from codepref.errors import DataError
from codepref.ledger import Ledger
from codepref.pairs.rows import Pair
from codepref.progress import track
from codepref.records import Json, Record, content_id


class ReferenceLogps(Record):
    """How likely a frozen model finds both sides of a pair.

    Attributes:
        reference_id: content id of all that decides the two numbers.
        reference_digest: identity of the model's weights.
        template: how it was prompted. max_length: in tokens; longer pairs have no row.
        dtype: format of weights and arithmetic. four_bits: the linear layers' weights have 4 bits.
        on_policy: computed: the pair's generator has the digest of the reference, which is the
            policy that training starts from.
        chosen_logp, rejected_logp: summed over the completion's tokens, in nats.
    """

    reference_id: str
    pair_id: str
    reference_digest: str
    template: Template
    max_length: int
    dtype: Dtype
    four_bits: bool
    on_policy: bool
    chosen_logp: float
    rejected_logp: float


class Reference(NamedTuple):
    """A reference model and how it is asked: the key of a row, less the pair."""

    digest: str
    template: Template
    max_length: int
    dtype: Dtype
    four_bits: bool

    @classmethod
    def of(cls, manifest: Manifest, forward: PolicyParams) -> "Reference":
        """Name a start as a reference."""
        four_bits = forward.mode == "qlora"
        return cls(manifest.digest, manifest.template, forward.max_length, forward.dtype, four_bits)

    def row_id(self, row: Row) -> str:
        """Content id of a pair's row under this reference."""
        return content_id("reference", *self, row.row_id, row.prompt, row.answers)


def row_logps(
    model: nn.Module, rows: Sequence[Row], *, rows_per_forward: int, dtype: Dtype
) -> Iterator[list[float]]:
    """Log-probability of each answer of each row, in nats, row by row in order.

    The arithmetic is that of a training step, so that under equal weights both agree.
    """
    device = next(model.parameters()).device
    for start in range(0, len(rows), rows_per_forward):
        some = rows[start : start + rows_per_forward]
        n_answers = sum(len(row.answers) for row in some)
        with torch.no_grad(), torch.autocast(device.type, enabled=dtype == "bfloat16"):
            packed = to_device(pack(some), device)
            logps = answer_logps(model, packed, n_answers).logps.tolist()
        for row in some:
            yield logps[: len(row.answers)]
            logps = logps[len(row.answers) :]


def score_pairs(
    model: nn.Module,
    pairs: Mapping[str, Pair],
    rows: Sequence[Row],
    reference: Reference,
    *,
    forward: PolicyParams,
    ledger: Ledger,
) -> list[ReferenceLogps]:
    """Give the table of rows of pairs, what the ledger knows from there.

    Args:
        model: the reference.
        pairs: by pair_id.
        rows: those of the pairs that fit, as token ids.
        reference: what the model is.
        forward: how it is run.
        ledger: keeps what was computed.
    """
    device = next(model.parameters()).device
    place: Json = [device.type, forward.rows_per_forward]
    keys = [content_id(reference.row_id(row), place) for row in rows]
    known = {
        key: TypeAdapter(list[float]).validate_python(value)
        for key, value in ledger.get(keys).items()
    }
    missing = [(key, row) for key, row in zip(keys, rows, strict=True) if key not in known]
    logps = row_logps(
        model,
        [row for _, row in missing],
        rows_per_forward=forward.rows_per_forward,
        dtype=reference.dtype,
    )
    for (key, _), values in track(
        zip(missing, logps, strict=True), total=len(missing), what="reference"
    ):
        ledger.put(key, values)
        known[key] = values
    return [
        ReferenceLogps(
            reference_id=reference.row_id(row),
            pair_id=row.row_id,
            reference_digest=reference.digest,
            template=reference.template,
            max_length=reference.max_length,
            dtype=reference.dtype,
            four_bits=reference.four_bits,
            on_policy=pairs[row.row_id].generator_digest == reference.digest,
            chosen_logp=known[key][0],
            rejected_logp=known[key][1],
        )
        for key, row in zip(keys, rows, strict=True)
    ]


def look_up(
    table: Sequence[ReferenceLogps], rows: Sequence[Row], reference: Reference
) -> list[ReferenceLogps]:
    """Give the reference row of each row, in order; one of another key is never taken.

    Raises:
        DataError: a row has none under this reference; the pairs are named.
    """
    by_id = {row.reference_id: row for row in table}
    found = [by_id.get(reference.row_id(row)) for row in rows]
    absent = [row.row_id for row, hit in zip(rows, found, strict=True) if hit is None]
    if absent:
        raise DataError(
            f"{len(absent)} of {len(rows)} pairs have no reference log-probabilities of "
            f"{reference.digest[:12]}, template {reference.template}, max_length "
            f"{reference.max_length}, {reference.dtype}{' in 4 bits' * reference.four_bits}: "
            f"{', '.join(absent[:IDS_SHOWN])}; run `dvc repro score_reference`"
        )
    return [hit for hit in found if hit is not None]
