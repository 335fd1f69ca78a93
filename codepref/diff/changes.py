"""What changed in each table: one query for each, giving kind, cause, key, old and new."""

from typing import NamedTuple

from codepref.benchmarks.rates import UNNAMED_WORDING
from codepref.database import Database
from codepref.diff.causes import CONDITIONS
from codepref.diff.rows import Change, TableName

SHOWN_CHARS = 2000
CELLS = "kind, cause, key, left(old, {n}) AS old, left(new, {n}) AS new"
# Rows of one version alone, by id.
BY_ID = """
    SELECT CASE WHEN o."{id}" IS NULL THEN 'added' ELSE 'removed' END AS kind, {cause} AS cause,
        coalesce(o."{id}", n."{id}") AS key, {old} AS old, {new} AS new
    FROM old_{table} o FULL JOIN new_{table} n USING ("{id}") {joins}
    WHERE o."{id}" IS NULL OR n."{id}" IS NULL
"""
WITH_CAUSES = "LEFT JOIN causes ON causes.instruction_id = coalesce(o.{c}, n.{c})"
SEEDS = BY_ID.format(
    id="seed_id", table="seeds", cause="'seed'", old="o.code", new="n.code", joins=""
)
INSTRUCTIONS = BY_ID.format(
    id="instruction_id",
    table="instructions",
    cause="coalesce(origins.cause, 'unexplained')",
    old="o.text",
    new="n.text",
    joins="LEFT JOIN origins ON origins.instruction_id = coalesce(o.instruction_id, "
    "n.instruction_id)",
)
RESPONSES = f"""
    SELECT CASE WHEN o.response_id IS NULL THEN 'added' WHEN n.response_id IS NULL THEN 'removed'
            ELSE 'text_changed' END AS kind,
        coalesce(causes.response, 'unexplained') AS cause,
        concat(coalesce(o.instruction_id, n.instruction_id), '/',
            coalesce(o.sample_index, n.sample_index)) AS key,
        o.completion AS old, n.completion AS new
    FROM old_responses o FULL JOIN new_responses n
        ON o.instruction_id = n.instruction_id AND o.sample_index = n.sample_index
    {WITH_CAUSES.format(c="instruction_id")}
    WHERE o.response_id IS DISTINCT FROM n.response_id
"""
EXECUTIONS = f"""
    WITH o AS (SELECT e.*, instruction_id, {CONDITIONS} AS conditions
            FROM old_executions e LEFT JOIN old_responses USING (response_id)),
        n AS (SELECT e.*, instruction_id, {CONDITIONS} AS conditions
            FROM new_executions e LEFT JOIN new_responses USING (response_id))
    SELECT CASE WHEN o.response_id IS NULL THEN 'added' WHEN n.response_id IS NULL THEN 'removed'
            WHEN o.verdict != n.verdict THEN 'verdict_flipped' ELSE 'changed' END AS kind,
        CASE WHEN o.response_id IS NULL OR n.response_id IS NULL
                THEN coalesce(causes.response, 'unexplained')
            WHEN o.tests_id != n.tests_id THEN 'tests'
            WHEN $limits OR o.conditions != n.conditions THEN 'limits' ELSE 'verdict' END AS cause,
        coalesce(o.response_id, n.response_id) AS key,
        concat(o.verdict, ' ', o.failure) AS old, concat(n.verdict, ' ', n.failure) AS new
    FROM o FULL JOIN n USING (response_id)
    {WITH_CAUSES.format(c="instruction_id")}
    WHERE o.execution_id IS DISTINCT FROM n.execution_id OR o.verdict != n.verdict
"""
CONTAMINATION = BY_ID.format(
    id="hit_id",
    table="contamination",
    cause="coalesce(causes.response, 'contamination')",
    old="concat(o.benchmark, ' ', o.task_id, ' ', o.method, ' ', o.row_text)",
    new="concat(n.benchmark, ' ', n.task_id, ' ', n.method, ' ', n.row_text)",
    joins=WITH_CAUSES.format(c="instruction_id"),
)
PAIRS = """
    WITH o AS (SELECT *, row_number() OVER (PARTITION BY instruction_id ORDER BY pair_id) AS place
            FROM old_pairs WHERE pair_id NOT IN (SELECT pair_id FROM new_pairs)),
        n AS (SELECT *, row_number() OVER (PARTITION BY instruction_id ORDER BY pair_id) AS place
            FROM new_pairs WHERE pair_id NOT IN (SELECT pair_id FROM old_pairs))
    SELECT CASE WHEN o.pair_id IS NULL THEN 'added' WHEN n.pair_id IS NULL THEN 'removed'
            ELSE 'other_twin' END AS kind,
        coalesce(causes.pair, 'unexplained') AS cause,
        concat_ws(' -> ', o.pair_id, n.pair_id) AS key,
        concat('chosen ', o.chosen_response_id, o.chosen, chr(10), 'rejected ',
            o.rejected_response_id, o.rejected) AS old,
        concat('chosen ', n.chosen_response_id, n.chosen, chr(10), 'rejected ',
            n.rejected_response_id, n.rejected) AS new
    FROM o FULL JOIN n ON o.instruction_id = n.instruction_id AND o.place = n.place
    LEFT JOIN causes ON causes.instruction_id = coalesce(o.instruction_id, n.instruction_id)
    UNION ALL
    SELECT 'changed', 'policy', o.pair_id, o.split, n.split
    FROM old_pairs o JOIN new_pairs n USING (pair_id) WHERE o.split != n.split
"""
LABELS = f"""
    SELECT CASE WHEN o.response_id IS NULL THEN 'added' WHEN n.response_id IS NULL THEN 'removed'
            ELSE 'verdict_flipped' END AS kind,
        coalesce(causes.pair, 'unexplained') AS cause,
        coalesce(o.response_id, n.response_id) AS key,
        concat(o.label, ' ', o.verdict) AS old, concat(n.label, ' ', n.verdict) AS new
    FROM old_labels o FULL JOIN new_labels n USING (response_id)
    {WITH_CAUSES.format(c="instruction_id")}
    WHERE o.label IS DISTINCT FROM n.label OR o.verdict IS DISTINCT FROM n.verdict
"""
SAME_ANSWER = f"""o.variant = n.variant AND o.benchmark = n.benchmark AND o.task_id = n.task_id
    AND o.sample_index = n.sample_index
    AND coalesce(o.wording, '{UNNAMED_WORDING}') = coalesce(n.wording, '{UNNAMED_WORDING}')"""
PLACE = """concat_ws('/', coalesce(o.variant, n.variant), coalesce(o.benchmark, n.benchmark),
            coalesce(o.task_id, n.task_id), coalesce(o.sample_index, n.sample_index),
            coalesce(o.wording, n.wording))"""
NEW_VARIANT = """coalesce(o.variant, n.variant) NOT IN (SELECT variant FROM old_completions)
            OR coalesce(o.variant, n.variant) NOT IN (SELECT variant FROM new_completions)"""
WHY_ANSWER = f"""WHEN {NEW_VARIANT} THEN 'model'
            WHEN {{o}}.completion_id IS NULL OR {{n}}.completion_id IS NULL THEN 'sampling'
            WHEN {{o}}.policy_digest != {{n}}.policy_digest THEN 'model'
            WHEN {{o}}.prompt != {{n}}.prompt THEN 'prompt'
            WHEN {{o}}.completion != {{n}}.completion THEN 'sampling'"""
COMPLETIONS = f"""
    SELECT CASE WHEN o.completion_id IS NULL THEN 'added'
            WHEN n.completion_id IS NULL THEN 'removed'
            WHEN o.completion = n.completion THEN 'changed' ELSE 'text_changed' END AS kind,
        CASE {WHY_ANSWER.format(o="o", n="n")} ELSE 'unexplained' END AS cause,
        {PLACE} AS key, o.completion AS old, n.completion AS new
    FROM old_completions o FULL JOIN new_completions n ON {SAME_ANSWER}
    WHERE (o.policy_digest, o.prompt, o.completion)
        IS DISTINCT FROM (n.policy_digest, n.prompt, n.completion)
"""
RESULTS = f"""
    SELECT CASE WHEN o.completion_id IS NULL THEN 'added'
            WHEN n.completion_id IS NULL THEN 'removed' ELSE 'verdict_flipped' END AS kind,
        CASE {WHY_ANSWER.format(o="co", n="cn")}
            WHEN list_contains($tests, coalesce(o.benchmark, n.benchmark))
                OR o.tests_total != n.tests_total THEN 'tests'
            WHEN $limits OR o.environment_digest != n.environment_digest
                OR o.isolation != n.isolation THEN 'limits' ELSE 'verdict' END AS cause,
        {PLACE} AS key,
        concat(o.verdict, ' ', o.failure) AS old, concat(n.verdict, ' ', n.failure) AS new
    FROM old_results o FULL JOIN new_results n ON {SAME_ANSWER}
    LEFT JOIN old_completions co ON co.completion_id = o.completion_id
    LEFT JOIN new_completions cn ON cn.completion_id = n.completion_id
    WHERE o.verdict IS DISTINCT FROM n.verdict
"""
QUERIES: dict[TableName, str] = {
    "seeds": SEEDS,
    "instructions": INSTRUCTIONS,
    "responses": RESPONSES,
    "executions": EXECUTIONS,
    "contamination": CONTAMINATION,
    "pairs": PAIRS,
    "labels": LABELS,
    "completions": COMPLETIONS,
    "results": RESULTS,
}


class Running(NamedTuple):
    """What differs of how the programs of a table were run.

    Attributes:
        tests: benchmarks that have other tasks. limits: whether params of the sandbox differ.
    """

    tests: list[str]
    limits: bool


class Changes(NamedTuple):
    """Changes of one table: how many by "kind cause", and some of them."""

    counts: dict[str, int]
    examples: list[Change]


def find_changes(db: Database, table: TableName, examples: int, running: Running) -> Changes:
    """Count the changes of one table by "kind cause", and give some of the smallest keys.

    Args:
        db: with both views of the table and of those it is explained by.
        table: its name.
        examples: changes given of each kind and cause.
        running: for executions and results.
    """
    query = QUERIES[table]
    for name, differs in running._asdict().items():
        query = query.replace(f"${name}", str(differs))
    db.create("changes", f"SELECT {CELLS.format(n=SHOWN_CHARS)} FROM ({query})")
    counts = db.rows("SELECT kind, cause, count(*) FROM changes GROUP BY 1, 2 ORDER BY 1, 2")
    rows = db.rows(
        "SELECT kind, cause, key, old, new FROM changes QUALIFY row_number() OVER "
        "(PARTITION BY kind, cause ORDER BY key) <= ? ORDER BY kind, cause, key",
        [examples],
    )
    return Changes(
        {f"{kind} {cause}": int(n) for kind, cause, n in counts},
        [
            Change(kind=kind, cause=cause, key=key, old=_there(old), new=_there(new))
            for kind, cause, key, old, new in rows
        ],
    )


def _there(text: str | None) -> str | None:
    """Give a text, None where the row was not there: SQL's concat of nothing is empty."""
    return text.strip() or None if text is not None else None
