"""The pairs beside the responses, executions and instructions of both sides, for SQL."""

from collections.abc import Mapping

from codepref.audit.rows import Finding, pair_finding
from codepref.database import Database
from codepref.errors import DataError

SIDES = """
WITH sides AS (
    SELECT
        p.pair_id, p.instruction_id, p.split, p.policy, p.prompt, p.generator_digest, p.chosen,
        p.rejected,
        p.chosen_response_id, p.rejected_response_id,
        c.solution AS chosen_program, r.solution AS rejected_program,
        c.n_tokens AS chosen_tokens, r.n_tokens AS rejected_tokens,
        c.generator_digest AS chosen_generator, r.generator_digest AS rejected_generator,
        c.tests IS NOT NULL AS own_tests,
        ce.verdict AS chosen_verdict, re.verdict AS rejected_verdict,
        ce.tests_total AS chosen_tests, re.failure,
        len(ce.flags) AS chosen_flags, len(re.flags) AS rejected_flags,
        i.text, i.tests, coalesce(i.licence, '') AS licence
    FROM pairs p
    JOIN responses c ON c.response_id = p.chosen_response_id
    JOIN responses r ON r.response_id = p.rejected_response_id
    JOIN executions ce ON ce.execution_id = p.chosen_execution_id
    JOIN executions re ON re.execution_id = p.rejected_execution_id
    JOIN instructions i ON i.instruction_id = p.instruction_id
)"""
PARENTS = (
    ("chosen_response_id", "responses", "response_id"),
    ("rejected_response_id", "responses", "response_id"),
    ("chosen_execution_id", "executions", "execution_id"),
    ("rejected_execution_id", "executions", "execution_id"),
    ("instruction_id", "instructions", "instruction_id"),
)


def check_parents(db: Database) -> None:
    """Refuse pairs that name a row which is in no table.

    Raises:
        DataError: a pair lacks a response, an execution or its instruction.
    """
    for column, table, key in PARENTS:
        lacking = db.rows(
            f"SELECT pair_id, {column} FROM pairs "  # names from above
            f"WHERE {column} NOT IN (SELECT {key} FROM {table}) ORDER BY pair_id"
        )
        if lacking:
            pair_id, parent = lacking[0]
            raise DataError(
                f"pairs: {len(lacking)} name a {column} that is not among the {table}, first pair "
                f"{pair_id} with {parent}; make both with `dvc repro`"
            )


def pair_findings(db: Database, check: str, details: Mapping[str, str]) -> list[Finding]:
    """Give findings on a few pairs, with both answers, in order of pair_id.

    Args:
        db: with the view pairs.
        check: name of the check.
        details: what was found, by pair_id.
    """
    rows = db.rows(
        "SELECT pair_id, chosen, rejected FROM pairs WHERE list_contains(?, pair_id) "
        "ORDER BY pair_id",
        [list(details)],
    )
    return [
        pair_finding(check, pair_id, details[pair_id], chosen, rejected)
        for pair_id, chosen, rejected in rows
    ]
