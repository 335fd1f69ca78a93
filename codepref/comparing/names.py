"""What the names on the command line stand for: variants, revisions, runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from codepref.diff.tables import artifacts
from codepref.errors import ConfigError
from codepref.lineage.cells import PublishedRun, published_runs
from codepref.lineage.lock import DVC_LOCK, Lock, read_lock
from codepref.lineage.repository import first_commit_with
from codepref.lineage.revisions import WORKSPACE
from codepref.lineage.tracking import store_exists, tracking_uri

RUN = "run:"
FORMS = (
    '"<start>/<variant>" of the workspace, "<revision>:<start>/<variant>", a revision, or '
    f'"{RUN}<id or name>" of MLflow'
)
SHORT = 12  # digits of a commit, in a revision that a run is found at


class Named(NamedTuple):
    """A revision, and one cell of it; cell is "" for all of its variants."""

    revision: str
    cell: str


def read_names(first: str, second: str) -> tuple[Named, Named]:
    """Read both names.

    Raises:
        ConfigError: a name is of no known form, or one names a variant and the other does not.
        MissingError: the MLflow store cannot be read.
    """
    found = (_read(first), _read(second))
    if bool(found[0].cell) != bool(found[1].cell):
        raise ConfigError(
            f"{first} and {second}: one names a variant and the other all of a revision; name "
            "<start>/<variant> on both sides, or on neither; the workspace has starts "
            f"{', '.join(known_starts()) or 'none'}"
        )
    return found


def _read(text: str) -> Named:
    if text.startswith(RUN):
        return _of_run(text.removeprefix(RUN))
    revision, colon, cell = text.rpartition(":")
    if not colon and text.partition("/")[0] in known_starts():
        return Named(WORKSPACE, text)
    if not colon:
        return Named(text, "")
    if not revision or not cell.partition("/")[2]:
        raise ConfigError(f"{text!r}: expected {FORMS}")
    return Named(revision, cell)


def known_starts() -> list[str]:
    """Name the scored starts of the workspace; none where nothing ran."""
    return sorted(artifacts(read_lock(), "results")) if Path(DVC_LOCK).exists() else []


def _of_run(name: str) -> Named:
    """Find the variant of a run, and a revision that has the very results of the run."""
    run = _newest(name)
    start = f"{run.tags['model']}-{run.tags['start']}"
    cell = f"{start}/{run.tags['variant']}"
    lock = read_lock()
    here = artifacts(lock, "results").get(start)
    if here is None:
        raise ConfigError(
            f"{RUN}{name}: it is of {start}, which the study of this workspace has no results of; "
            f"it has {', '.join(known_starts())}"
        )
    md5 = run.tags.get(f"md5:{here.path}", "")
    if md5 == here.md5:
        return Named(WORKSPACE, cell)
    commit = first_commit_with(md5, DVC_LOCK) if md5 else None
    revision = (commit or "")[:SHORT] or run.tags.get("dvc.exp", "")
    if not revision:
        raise ConfigError(
            f"{RUN}{name}: its results ({here.path}, md5 {md5 or 'unknown'}) are in the {DVC_LOCK} "
            f"of no commit on this branch; name the revision that has them: <revision>:{cell}"
        )
    return Named(revision, cell)


def _newest(name: str) -> PublishedRun:
    if not store_exists():
        raise ConfigError(f"{RUN}{name}: there is no MLflow store at {tracking_uri()}")
    runs = published_runs()
    found = [run for run in runs if name in (run.run_id, run.name)]
    if not found:
        known = ", ".join(sorted({run.name for run in runs})) or "none"
        raise ConfigError(f"{RUN}{name}: no such run; there are {known}")
    return found[0]


def pair_cells(
    names: tuple[Named, Named], cells: tuple[Sequence[str], Sequence[str]]
) -> list[tuple[str, str]]:
    """Give the cells to compare: the two named ones, or each that both revisions have.

    Args:
        names: of the command line.
        cells: "<start>/<variant>" that each revision has scores of.

    Raises:
        ConfigError: a named cell is not there, or the two have none in common.
    """
    if not names[0].cell:
        both = sorted(set(cells[0]) & set(cells[1]))
        if not both:
            raise ConfigError(
                f"{names[0].revision} and {names[1].revision} have no variant in common: "
                f"{', '.join(cells[0])}; {', '.join(cells[1])}"
            )
        return [(cell, cell) for cell in both]
    for name, known in zip(names, cells, strict=True):
        if name.cell not in known:
            raise ConfigError(
                f"{name.revision}: no variant {name.cell}; there are {', '.join(known)}"
            )
    return [(names[0].cell, names[1].cell)]


def starts_of(name: Named, lock: Lock) -> list[str]:
    """Name the starts to read at a revision: that of the cell, or all.

    Raises:
        ConfigError: there is no such start.
    """
    known = sorted(artifacts(lock, "results"))
    wanted = [name.cell.partition("/")[0]] if name.cell else known
    if not set(wanted) <= set(known):
        raise ConfigError(
            f"{name.revision}: no start {wanted[0]} was scored; there are {', '.join(known)}"
        )
    return wanted
