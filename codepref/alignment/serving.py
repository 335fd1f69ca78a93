"""What is served is what was trained: an adapter's merged weights, held to the unmerged ones."""

from collections.abc import Sequence

from torch import nn

from codepref.alignment.config import Dtype
from codepref.alignment.reference import row_logps
from codepref.alignment.rows import Row
from codepref.errors import CheckFailed

# Largest difference of a mean log-probability per token, in nats.
TOLERANCES: dict[Dtype, float] = {"float32": 1e-4, "bfloat16": 5e-2}


def check_served(
    served: nn.Module,
    rows: Sequence[Row],
    trained: Sequence[Sequence[float]],
    *,
    rows_per_forward: int,
    dtype: Dtype,
) -> float:
    """Hold the model that will be served to the one that was trained.

    Args:
        served: with the adapter merged.
        rows: rows to compare on.
        trained: log-probabilities of their answers before the merge, in nats.
        rows_per_forward: rows at once.
        dtype: format of the arithmetic.

    Returns:
        Largest difference of an answer's mean log-probability per token, in nats; 0 of no rows.

    Raises:
        CheckFailed: it is over 1e-4 in float32, 5e-2 in bfloat16; the row is named.
    """
    found = row_logps(served, rows, rows_per_forward=rows_per_forward, dtype=dtype)
    worst, name = 0.0, ""
    for row, new, old in zip(rows, found, trained, strict=True):
        per_token = [abs(a - b) / len(t) for a, b, t in zip(new, old, row.answers, strict=True)]
        if max(per_token) > worst:
            worst, name = max(per_token), row.row_id
    if worst > TOLERANCES[dtype]:
        raise CheckFailed(
            f"row {name}: the merged model's log-probability is {worst:.2g} nats per token from "
            f"the trained one's, expected at most {TOLERANCES[dtype]:g}; train in float32"
        )
    return worst
