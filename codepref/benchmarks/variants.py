"""The variants of one start: itself, and one for each adapter trained on it."""

from pathlib import Path
from typing import NamedTuple

from codepref.errors import DataError
from codepref.files import sha256_file
from codepref.grid import Grid
from codepref.records import digest

BASELINE = "baseline"


class Variant(NamedTuple):
    """One model to be scored.

    Attributes:
        name: "baseline", or "<method>-<seed>".
        adapter: folder of the adapter; None for the start itself.
        policy_digest: identity of the weights.
    """

    name: str
    adapter: Path | None
    policy_digest: str


def variant_names(grid: Grid) -> list[str]:
    """Names of all variants of a start, the baseline first, in the grid's order."""
    return [BASELINE, *(f"{method}-{seed}" for method in grid.methods for seed in grid.seeds)]


def find_variants(grid: Grid, start_digest: str, adapters: Path) -> list[Variant]:
    """Give the variants of one start.

    Args:
        grid: which methods and seeds.
        start_digest: identity of the start's weights.
        adapters: folder with one folder for each aligned variant.

    Raises:
        DataError: an adapter of the grid is absent.
    """
    aligned = variant_names(grid)[1:]
    return [
        Variant(BASELINE, None, policy_digest(start_digest, None)),
        *(
            Variant(name, adapters / name, policy_digest(start_digest, adapters / name))
            for name in aligned
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
