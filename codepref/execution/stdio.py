"""Judge whole programs by what they print. Pure functions."""

from collections.abc import Sequence

from codepref.execution.cases import Case
from codepref.execution.jobs import Outcome
from codepref.execution.values import same_output
from codepref.execution.verdicts import mask

SHOWN_CHARS = 80


def compare(case: Case, outcome: Outcome) -> Outcome:
    """Turn the outcome of one run, which says only that it ended, into that of a test."""
    if outcome.verdict != "passed":
        return outcome
    found = outcome.values[0]
    if same_output(case.stdout, found):
        return outcome.model_copy(update={"values": []})
    failure = f"expected {_shown(case.stdout)}, found {_shown(found)}"
    changes = {"verdict": "failed", "tests_passed": 0, "failure": failure, "values": []}
    return outcome.model_copy(update=changes)


def join_outcomes(outcomes: Sequence[Outcome]) -> Outcome:
    """Give the outcome of all tests of one program: the first that is not passed names it."""
    worst = next((one for one in outcomes if one.verdict != "passed"), outcomes[0])
    counts = {
        "tests_passed": sum(one.tests_passed for one in outcomes),
        "tests_total": len(outcomes),
    }
    return worst.model_copy(update=counts)


def _shown(text: str) -> str:
    told = mask(repr(text[: 2 * SHOWN_CHARS]))
    return told if len(told) <= SHOWN_CHARS else f"{told[:SHOWN_CHARS]}..."
