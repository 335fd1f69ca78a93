"""Responses beside their executions, joined out of memory, one instruction at a time."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from codepref.database import Database, database
from codepref.errors import DataError
from codepref.execution.rows import Agreement, Execution
from codepref.pairs.eligibility import Executed
from codepref.sampling.rows import Response

SHOWN = 3  # ids named in a message
ORDER = "ORDER BY instruction_id, sample_index, response_id"
COLUMNS = ", ".join(f'"{name}"' for name in Executed._fields[:-2])
ALONE = f"""
    SELECT {COLUMNS}, [] AS agreed, 0 AS n_siblings
    FROM responses JOIN executions USING (response_id) {ORDER}
"""
JOINED = f"""
    SELECT {COLUMNS}, coalesce(agreed, []) AS agreed, coalesce(n_siblings, 0) AS n_siblings
    FROM responses JOIN executions USING (response_id)
    LEFT JOIN (
        SELECT response_id, count(*) AS n_siblings,
            list(tests_id ORDER BY tests_id) FILTER (verdict = 'passed') AS agreed
        FROM agreements GROUP BY response_id
    ) USING (response_id) {ORDER}
"""


def read_executed(
    responses: Path, executions: Path, agreements: Path | None = None
) -> Iterator[list[Executed]]:
    """Give the responses to each instruction, in order of its id, they in order of sample_index.

    Memory does not grow with the tables; cost is a sort.

    Args:
        responses: table of Response.
        executions: table of Execution.
        agreements: table of Agreement; without it nothing is known of siblings' tests.

    Raises:
        DataError: a response has no execution or several, a row has no response, the responses to
            one instruction have several prompts or generators, or a table is wrong.
    """
    with database() as db:
        db.attach("responses", responses, Response)
        db.attach("executions", executions, Execution)
        _require_one_execution_each(db, responses, executions)
        if agreements is not None:
            db.attach("agreements", agreements, Agreement)
            _require_parents(db, "agreements", agreements, responses)
        query = ALONE if agreements is None else JOINED
        rows = (row for batch in db.batches(query) for row in _rows(batch))
        for _, group in groupby(rows, key=lambda row: row.instruction_id):
            items = list(group)
            _require_one_source(items, responses)
            yield items


def _rows(batch: pa.RecordBatch) -> Iterator[Executed]:
    # The tables were held to their classes as a whole, so no row is validated again.
    return map(Executed._make, zip(*(c.to_pylist() for c in batch.columns), strict=True))


def _require_one_execution_each(db: Database, responses: Path, executions: Path) -> None:
    twice = db.rows(
        "SELECT response_id FROM executions GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if twice:
        raise DataError(f"{executions}: response {twice[0][0]} was executed twice")
    missing = _without(db, "responses", "executions")
    if missing:
        raise DataError(
            f"{responses}: {_some(missing)} without execution in {executions}; make both with "
            "`dvc repro`"
        )
    _require_parents(db, "executions", executions, responses)


def _require_parents(db: Database, table: str, path: Path, responses: Path) -> None:
    stray = _without(db, table, "responses")
    if stray:
        raise DataError(
            f"{path}: {_some(stray)} that {responses} does not have; make both with `dvc repro`"
        )


def _without(db: Database, table: str, other: str) -> list[str]:
    found = db.rows(
        f"SELECT DISTINCT response_id FROM {table} ANTI JOIN {other} USING (response_id) ORDER BY 1"
    )
    return [name for (name,) in found]


def _require_one_source(items: list[Executed], responses: Path) -> None:
    sources = {(item.prompt, item.generator_digest) for item in items}
    if len(sources) > 1:
        raise DataError(
            f"{responses}: responses to instruction {items[0].instruction_id} have "
            f"{len(sources)} different prompts or generators, expected one; sample them anew"
        )


def _some(ids: list[str]) -> str:
    return f"{len(ids)} responses ({', '.join(ids[:SHOWN])}{', ...' * (len(ids) > SHOWN)})"
