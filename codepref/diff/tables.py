"""Which tables a study has, and their views in two versions."""

from typing import NamedTuple

from codepref.benchmarks.rows import Completion, Result
from codepref.contamination.rows import Hit
from codepref.database import Database
from codepref.diff.rows import TableName
from codepref.diff.versions import Version
from codepref.errors import DataError
from codepref.execution.rows import Execution
from codepref.lineage.lock import Artifact, Lock
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.records import Record
from codepref.sampling.rows import Response
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction


class Source(NamedTuple):
    """Stages that write a table, each with the flag that names its file."""

    stages: tuple[str, ...]
    flag: str
    row_type: type[Record]


SOURCES: dict[TableName, Source] = {
    "seeds": Source(("gather_seeds",), "seeds", Seed),
    "instructions": Source(("write_instructions",), "instructions", Instruction),
    "responses": Source(("sample_responses", "import_responses"), "responses", Response),
    "executions": Source(("execute_responses",), "executions", Execution),
    "contamination": Source(("check_contamination",), "contamination", Hit),
    "pairs": Source(("build_pairs",), "pairs", Pair),
    "labels": Source(("build_pairs",), "labels", LabelledResponse),
    "completions": Source(("sample_benchmark",), "completions", Completion),
    "results": Source(("score_benchmark",), "results", Result),
}


def artifacts(lock: Lock, table: TableName) -> dict[str, Artifact]:
    """Give the files of a table by cell: generator or start, "" for the only one."""
    source = SOURCES[table]
    found: dict[str, Artifact] = {}
    for name, entry in lock.entries.items():
        group, _, cell = name.partition("@")
        if group in source.stages:
            try:
                path = entry.flag(source.flag)
            except DataError:  # an older version did not write this table
                continue
            found.update((cell, out) for out in entry.outs if out.path == path)
    return found


def attach_both(
    db: Database, table: TableName, cell: str, versions: tuple[Version, Version]
) -> list[str]:
    """Make old_<table> and new_<table> views of one cell; a file that is not there has no rows.

    Returns:
        Columns that one of the two does not have.
    """
    row_type, lacking = SOURCES[table].row_type, set[str]()
    for side, version in zip(("old", "new"), versions, strict=True):
        artifact = artifacts(version.lock, table).get(cell)
        path = None if artifact is None else version.find(artifact)
        lacking |= set(db.attach_version(f"{side}_{table}", path, row_type))
    return sorted(lacking)
