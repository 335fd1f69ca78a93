"""Checks that SQL can make on what the tables say of each side of a pair."""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

from codepref.audit.config import AuditPairsConfig
from codepref.audit.rows import Check, rate_check, response_finding
from codepref.audit.sides import SIDES, pair_findings
from codepref.contamination.rows import Removed
from codepref.database import Database
from codepref.execution.rows import Rejectable
from codepref.records import Json

NO_LICENCE = ["", "unknown", "none", "noassertion", "other", "no license", "no licence"]
SETTLED = ["passed", *get_args(Rejectable)]  # verdicts that may be a label
UNLICENSED = "list_contains(?, lower(trim(licence)))"
# best_worst may choose what does not pass, cross_test reject what does: by reward, by agreement.
UNLABELLED = (
    "chosen_response_id NOT IN (SELECT response_id FROM labels "
    "WHERE label = 'chosen' OR policy = 'best_worst') "
    "OR rejected_response_id NOT IN (SELECT response_id FROM labels "
    "WHERE label = 'rejected' OR policy IN ('best_worst', 'cross_test'))"
)
REPEATED = "prompt IN (SELECT prompt FROM sides GROUP BY prompt HAVING count(DISTINCT {}) > 1)"
OWN_TESTS = """
FROM executions e JOIN responses r ON r.response_id = e.response_id WHERE r.tests IS NOT NULL
"""


class Question(NamedTuple):
    """A condition on `sides`, and SQL text that says what was found.

    values: of the condition's parameters.
    """

    name: str
    condition: str
    detail: str
    values: Sequence[Any] = ()


def questions(config: AuditPairsConfig, removed: Removed) -> list[Question]:
    """Give the conditions that name a fault of a pair."""
    verdicts = "chosen_verdict || ', ' || rejected_verdict"
    return [
        Question("syntax_only", "rejected_verdict = 'syntax_error'", "failure"),
        Question("repeated_prompt", REPEATED.format("instruction_id"), "left(prompt, 200)"),
        Question("prompt_across_splits", REPEATED.format("split"), "left(prompt, 200)"),
        Question(
            "unlisted_licence",
            "NOT list_has_all(?, string_split(licence, ' AND ')) AND NOT " + UNLICENSED,
            "licence",
            [config.allowed_licences, NO_LICENCE],
        ),
        Question("unknown_licence", UNLICENSED, "licence", [NO_LICENCE]),
        Question(
            "few_tests",
            "own_tests AND chosen_tests < ?",
            "chosen_tests || ' tests'",
            [config.min_own_tests],
        ),
        Question(
            "flagged",
            "chosen_flags + rejected_flags > 0",
            "chosen_flags || ' flags chosen, ' || rejected_flags || ' rejected'",
        ),
        Question(
            "unsettled",
            "NOT (list_contains(?, chosen_verdict) AND list_contains(?, rejected_verdict)) "
            "OR (chosen_verdict <> 'passed' AND policy <> 'best_worst') "
            "OR (rejected_verdict = 'passed' AND policy NOT IN ('best_worst', 'cross_test'))",
            verdicts,
            [SETTLED, SETTLED],
        ),
        Question("mislabelled", UNLABELLED, verdicts),
        Question(
            "contaminated",
            "instruction_id IN (SELECT unnest(?::VARCHAR[])) "
            "OR chosen_response_id IN (SELECT unnest(?::VARCHAR[])) "
            "OR rejected_response_id IN (SELECT unnest(?::VARCHAR[]))",
            "'of instruction ' || instruction_id",
            [sorted(removed.instructions), *[sorted(removed.responses)] * 2],
        ),
        Question(
            "other_generator",
            "NOT (generator_digest = chosen_generator AND generator_digest = rejected_generator "
            "AND generator_digest = (SELECT generator_digest FROM sides GROUP BY 1 "
            "ORDER BY count(*) DESC, 1 LIMIT 1))",
            "chosen_generator || ', ' || rejected_generator",
        ),
    ]


def check_labels(db: Database, config: AuditPairsConfig, removed: Removed) -> list[Check]:
    """Answer all questions, and count vacuous tests."""
    found = [_answer(db, question, config) for question in questions(config, removed)]
    return [*found, _vacuous(db, config)]


def distributions(db: Database) -> dict[str, Json]:
    """Count pairs by verdict of the rejected side, first word of its failure, and licence."""
    return {
        "rejected_verdicts": _counts(db, "rejected_verdict"),
        "failure_classes": _counts(db, "rtrim(split_part(failure, ' ', 1), ':')"),
        "licences": _counts(db, "licence"),
        "splits": _counts(db, "split"),
        "given_tests": _counts(db, "CASE WHEN own_tests THEN 'own' ELSE 'given' END"),
    }


def _answer(db: Database, question: Question, config: AuditPairsConfig) -> Check:
    condition, values = question.condition, list(question.values)
    ((n, total),) = db.rows(
        f"{SIDES} SELECT count(*) FILTER (WHERE {condition}), count(*) FROM sides",
        values,
    )
    shown = db.rows(
        f"{SIDES} SELECT pair_id, {question.detail} FROM sides "
        f"WHERE {condition} ORDER BY pair_id LIMIT {config.examples}",
        values,
    )
    examples = pair_findings(db, question.name, dict(shown))
    bound: float | None = getattr(config.bounds, question.name)
    return rate_check(question.name, n, total, bound, examples)


def _vacuous(db: Database, config: AuditPairsConfig) -> Check:
    ((n, total),) = db.rows(
        f"SELECT count(*) FILTER (WHERE e.verdict = 'vacuous'), count(*) {OWN_TESTS}"
    )
    shown = db.rows(
        f"SELECT r.response_id, e.tests_total, r.solution, r.tests {OWN_TESTS} "
        f"AND e.verdict = 'vacuous' ORDER BY r.response_id LIMIT {config.examples}"
    )
    examples = [
        response_finding("vacuous_tests", name, f"{n_tests} tests", solution, tests)
        for name, n_tests, solution, tests in shown
    ]
    return rate_check("vacuous_tests", n, total, config.bounds.vacuous_tests, examples)


def _counts(db: Database, expression: str) -> dict[str, Json]:
    rows = db.rows(
        f"{SIDES} SELECT {expression} AS name, count(*) AS n FROM sides GROUP BY 1 ORDER BY 1"
    )
    return {name or "-": n for name, n in rows}
