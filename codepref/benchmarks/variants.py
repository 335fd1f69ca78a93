"""The variants of one start: itself, and one for each adapter trained on it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from codepref.errors import DataError
from codepref.files import sha256_file
from codepref.grid import BASELINE, Cell
from codepref.records import digest


class Variant(NamedTuple):
    """One model to be scored.

    Attributes:
        name: "baseline", or that of the training, see grid.Cell.
        adapter: folder of the adapter, or of all weights; None for the start itself.
        policy_digest: identity of the weights.
    """

    name: str
    adapter: Path | None
    policy_digest: str


def find_variants(cells: Sequence[Cell], start_digest: str, adapters: Path) -> list[Variant]:
    """Give the variants of one start, the start itself first.

    Args:
        cells: its trainings.
        start_digest: identity of the start's weights.
        adapters: folder with one folder for each aligned variant.

    Raises:
        DataError: what a training was to make is absent.
    """
    return [
        Variant(BASELINE, None, policy_digest(start_digest, None)),
        *(
            Variant(
                cell.variant,
                adapters / cell.variant,
                policy_digest(start_digest, adapters / cell.variant),
            )
            for cell in cells
        ),
    ]


def policy_digest(start_digest: str, adapter: Path | None) -> str:
    """Identity of a start's weights with an adapter: the start's own digest where there is none.

    Raises:
        DataError: the adapter's folder is absent or empty.
    """
    if adapter is None:
        return start_digest
    files = {path.name: sha256_file(path) for path in sorted(adapter.glob("*")) if path.is_file()}
    if not files:
        raise DataError(f"{adapter}: no adapter; `dvc repro align` makes it")
    return digest([start_digest, files])
