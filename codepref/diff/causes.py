"""Why rows changed: for each instruction, the earliest of its ancestors that is another.

Every query reads the views old_<table> and new_<table> of one generator and makes a table
`causes`: instruction_id, and the cause as far as responses, executions and pairs are concerned,
null where nothing before them changed.
"""

from codepref.database import Database

CONDITIONS = "concat_ws(' ', mode, isolation, cpu_limit_s, memory_limit_mib, environment_digest)"
LIMITS = (
    "isolation",
    "cpu_limit_s",
    "plus_cpu_limit_s",
    "memory_limit_mib",
    "output_limit_kib",
    "repeats",
)
# Instructions of one version alone, with what the other has of the same seed or problem.
ORIGINS = """
    SELECT here.instruction_id, CASE
        WHEN here.seed_id IS NOT NULL AND here.seed_id NOT IN (SELECT seed_id FROM {other}_seeds)
            THEN 'seed'
        WHEN there.instruction_id IS NULL AND here.seed_id IS NULL THEN 'seed'
        WHEN here.seed_id IS NOT NULL AND here.generator_digest IS DISTINCT FROM
            coalesce(there.generator_digest, (SELECT min(generator_digest) FROM {other}_instructions
                WHERE seed_id IS NOT NULL)) THEN 'generator'
        WHEN there.instruction_id IS NULL THEN $writing
        WHEN here.prompt_sha256 IS DISTINCT FROM there.prompt_sha256 THEN 'prompt'
        WHEN here.seed_id IS NOT NULL THEN 'sampling'
        WHEN here.text != there.text THEN 'prompt'
        ELSE 'tests' END AS cause
    FROM {here}_instructions here
    LEFT JOIN (
        SELECT coalesce(seed_id, problem_id) AS key, min_by(i, instruction_id) AS row
        FROM {other}_instructions i GROUP BY 1
    ) found ON found.key = coalesce(here.seed_id, here.problem_id)
    LEFT JOIN {other}_instructions there ON there.instruction_id = found.row.instruction_id
    WHERE here.instruction_id NOT IN (SELECT instruction_id FROM {other}_instructions)
"""
FACTS = """
    SELECT r.instruction_id, min(r.generator_digest) AS generator, min(md5(r.prompt)) AS prompt,
        list(r.response_id ORDER BY r.response_id) AS responses,
        list(e.tests_id ORDER BY r.response_id) AS tests,
        list({conditions} ORDER BY r.response_id) AS conditions,
        list([e.verdict, e.tests_passed::VARCHAR, e.flags::VARCHAR] ORDER BY r.response_id)
            AS verdicts
    FROM {side}_responses r LEFT JOIN {side}_executions e USING (response_id) GROUP BY 1
"""
REMOVED = """
    SELECT instruction_id, list(DISTINCT row_id ORDER BY row_id) AS rows
    FROM {side}_contamination WHERE removes AND instruction_id IS NOT NULL GROUP BY 1
"""
CAUSES = """
    SELECT coalesce(o.instruction_id, n.instruction_id) AS instruction_id,
        CASE WHEN origin.cause IS NOT NULL THEN origin.cause
            WHEN o.instruction_id IS NULL OR n.instruction_id IS NULL THEN 'sampling'
            WHEN o.generator != n.generator THEN 'generator'
            WHEN o.prompt != n.prompt THEN 'prompt'
            WHEN o.responses != n.responses THEN 'sampling' END AS response,
        coalesce(response, CASE
            WHEN o.tests IS DISTINCT FROM n.tests THEN 'tests'
            WHEN o.conditions IS DISTINCT FROM n.conditions
                AND o.verdicts IS DISTINCT FROM n.verdicts THEN 'limits'
            WHEN o.verdicts IS DISTINCT FROM n.verdicts THEN 'verdict' END) AS execution,
        coalesce(execution, CASE
            WHEN ro.rows IS DISTINCT FROM rn.rows THEN 'contamination'
            WHEN $policy THEN 'policy' ELSE 'unexplained' END) AS pair
    FROM ({old}) o FULL JOIN ({new}) n USING (instruction_id)
    LEFT JOIN origins origin USING (instruction_id)
    LEFT JOIN ({removed_old}) ro USING (instruction_id)
    LEFT JOIN ({removed_new}) rn USING (instruction_id)
"""


def find_causes(db: Database, *, writing: str, policy: bool) -> None:
    """Make the tables `origins` and `causes` of one generator.

    Args:
        db: with both views of all tables up to contamination.
        writing: cause of an instruction that a seed of both versions led to in one alone.
        policy: whether params of the pairs differ.
    """
    sides = [ORIGINS.format(here=a, other=b) for a, b in (("old", "new"), ("new", "old"))]
    origins = " UNION ALL ".join(sides).replace("$writing", f"'{writing}'")
    db.create("origins", origins)
    causes = CAUSES.format(
        **{s: FACTS.format(side=s, conditions=CONDITIONS) for s in ("old", "new")},
        **{f"removed_{s}": REMOVED.format(side=s) for s in ("old", "new")},
    )
    db.create("causes", causes.replace("$policy", str(policy)))
