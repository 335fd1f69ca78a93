"""What the hits come to: counts, and the tasks that training may have met."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from codepref.contamination.rows import Hit, Kind, Method, Removed, removed_by
from codepref.records import Json
from codepref.tables import read_table

KINDS: tuple[Kind, ...] = get_args(Kind)
METHODS: tuple[Method, ...] = get_args(Method)


def touched_tasks(hits: Iterable[Hit]) -> dict[str, set[str]]:
    """Give the tasks of each benchmark that a row of an instruction in training meets.

    Reported scores count, below the bound that removes a row too. A task stays clean where all
    that meets it is left out by instruction, or is a seed that led to none. A response that is
    removed alone still touches its task: its instruction, and other answers to it, are kept.
    """
    found = list(hits)
    removed = removed_by(found)
    touched: dict[str, set[str]] = {}
    for hit in found:
        if hit.instruction_id is not None and hit.instruction_id not in removed.instructions:
            touched.setdefault(hit.benchmark, set()).add(hit.task_id)
    return touched


def read_hits(folder: Path, generators: Iterable[str]) -> list[Hit]:
    """Read the hits of every generator of the grid; other files are not looked at.

    A hit of a seed or an instruction stands in each table.

    Raises:
        DataError: see tables.read_table.
    """
    tables = (read_table(folder / f"{name}.parquet", Hit) for name in generators)
    hits = {hit.hit_id: hit for table in tables for hit in table}
    return [hits[name] for name in sorted(hits)]


def count_hits(
    hits: Sequence[Hit], tasks: Mapping[str, int], rows: Mapping[Kind, int], removed: int
) -> dict[str, Json]:
    """Count all, zeros too.

    Args:
        hits: of one generator.
        tasks: of each benchmark.
        rows: that were searched.
        removed: responses that are left out, by a hit of their own or of their instruction.
    """
    counts = Counter((hit.kind, hit.benchmark, hit.method) for hit in hits)
    met = {(hit.benchmark, hit.task_id) for hit in hits}
    touched = touched_tasks(hits)
    return {
        "rows": {kind: rows[kind] for kind in KINDS},
        "hits": {
            kind: {
                name: {method: counts[kind, name, method] for method in METHODS}
                for name in sorted(tasks)
            }
            for kind in KINDS
        },
        "removed": {**_removed(hits, removed_by(hits)), "response": removed},
        "tasks": {
            name: {
                "n_tasks": n,
                "hit": sum(benchmark == name for benchmark, _ in met),
                "touched": len(touched.get(name, ())),
            }
            for name, n in sorted(tasks.items())
        },
    }


def _removed(hits: Iterable[Hit], removed: Removed) -> dict[str, Json]:
    seeds = {hit.row_id for hit in hits if hit.removes and hit.kind == "seed"}
    return {"seed": len(seeds), "instruction": len(removed.instructions)}
