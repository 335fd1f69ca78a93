"""Log-probabilities of every answer under a frozen model, computed once."""

from collections.abc import Iterator, Sequence

import torch
from pydantic import TypeAdapter
from torch import nn

from codepref.alignment.config import Dtype
from codepref.alignment.logps import answer_logps, to_device
from codepref.alignment.packing import pack
from codepref.alignment.rows import Row
from codepref.ledger import Ledger
from codepref.records import Json, content_id


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
            logps = answer_logps(model, to_device(pack(some), device), n_answers).tolist()
        for row in some:
            yield logps[: len(row.answers)]
            logps = logps[len(row.answers) :]


def reference_logps(
    model: nn.Module,
    rows: Sequence[Row],
    *,
    ledger: Ledger,
    model_digest: str,
    rows_per_forward: int,
    dtype: Dtype,
) -> list[list[float]]:
    """Give row_logps of a frozen model, those known to the ledger from there."""
    device = next(model.parameters()).device
    place: Json = [device.type, dtype, rows_per_forward]
    keys = [content_id("reference", model_digest, place, row.prompt, row.answers) for row in rows]
    known = {
        key: TypeAdapter(list[float]).validate_python(v) for key, v in ledger.get(keys).items()
    }
    missing = [(key, row) for key, row in zip(keys, rows, strict=True) if key not in known]
    logps = row_logps(
        model, [row for _, row in missing], rows_per_forward=rows_per_forward, dtype=dtype
    )
    for (key, _), values in zip(missing, logps, strict=True):
        ledger.put(key, values)
        known[key] = values
    return [known[key] for key in keys]
