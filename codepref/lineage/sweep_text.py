"""A sweep as text or as CSV."""

import csv
import io
from collections.abc import Sequence

from codepref.lineage.sweep import Sweep, SweptRow

NONE = "-"
SHORT = 8  # digits of a run id
COLUMNS = ("model", "start", "variant", "score", "interval", "to baseline", "dvc", "mlflow run")


def sweep_text(sweep: Sweep) -> str:
    """Write the table with aligned columns, then one line for each note."""
    table = [(sweep.param, *COLUMNS), *(_cells(row) for row in sweep.rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_aligned(cells, widths) for cells in table]
    return "\n".join([sweep.metric, "", *lines, "", *sweep.notes]).rstrip() + "\n"


def sweep_csv(sweep: Sweep) -> str:
    """Write the rows alone; what does not exist is an empty cell, several names have spaces."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([sweep.param, *list(SweptRow.model_fields)[1:]])
    for row in sweep.rows:
        cells = list(row.model_dump().values())
        writer.writerow(" ".join(cell) if isinstance(cell, list) else cell for cell in cells)
    return stream.getvalue()


def _cells(row: SweptRow) -> tuple[str, ...]:
    return (
        row.value,
        row.model,
        row.start,
        row.variant,
        _number(row.score),
        NONE if row.low is None or row.high is None else f"{row.low:.4g} to {row.high:.4g}",
        NONE if row.difference is None else f"{row.difference:+.4g}",
        ", ".join(row.dvc) or NONE,
        row.mlflow[0][:SHORT] if row.mlflow else NONE,
    )


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.4g}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
