"""Find published runs without starting MLflow, whose import takes seconds."""

import sqlite3
from pathlib import Path

from codepref.config import load_section
from codepref.grid import Grid
from codepref.lineage.ancestry import evaluation, lineage_key
from codepref.lineage.leaf import Leaf, leaves
from codepref.lineage.lock import Lock
from codepref.lineage.numbers import leaf_numbers
from codepref.lineage.trace import Trace, variants_named
from codepref.lineage.tracking import LINEAGE_KEY, SQLITE, open_store, store_exists, tracking_uri

QUERY = (
    "SELECT run_uuid FROM tags JOIN runs USING (run_uuid)"
    " WHERE tags.key = ? AND tags.value = ? AND runs.lifecycle_stage = 'active'"
    " ORDER BY runs.start_time DESC"
)


def runs_behind(found: Trace, lock: Lock) -> list[str]:
    """Give the ids of the leaf runs that hold a traced number, or that stand on a traced file.

    Raises:
        MissingError: the tracking server cannot be reached.
    """
    leaf = _leaf(found, lock)
    if leaf is None:
        return find_runs(f"md5:{found.artifact.path}", found.artifact.md5)
    # A file of scores changes with every new method, the numbers of one variant do not.
    grid = load_section("grid", Grid)
    numbers = leaf_numbers(lock.metrics_folder(), leaf, grid)
    return find_runs(LINEAGE_KEY, lineage_key(lock, leaf, grid.benchmarks, numbers))


def find_runs(tag: str, value: str) -> list[str]:
    """Give the ids of the leaf runs with a tag, newest first; none where there is no store.

    Raises:
        MissingError: the tracking server cannot be reached.
    """
    uri = tracking_uri()
    if not uri.startswith(SQLITE):
        return open_store().find(tag, value)
    if not store_exists():
        return []
    path = Path(uri.removeprefix(SQLITE))
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as store:
        return [run_id for (run_id,) in store.execute(QUERY, (tag, value))]


def _leaf(found: Trace, lock: Lock) -> Leaf | None:
    named = variants_named(found.target, lock)
    maker = found.steps[0].entry.stage
    grid = load_section("grid", Grid)
    for leaf in leaves(grid):
        if leaf.variant not in named:
            continue
        if maker in {entry.stage for entry in evaluation(lock, leaf, grid.benchmarks)}:
            return leaf
    return None
