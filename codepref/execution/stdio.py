"""Tests of whole programs: what one reads, and what it must print. Pure functions."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from codepref.execution.jobs import Outcome
from codepref.execution.values import same_output

FIELDS = {"stdin", "stdout"}
SHOWN_CHARS = 80


class Case(NamedTuple):
    """One run of a program: its input, and the output that is right."""

    stdin: str
    stdout: str


def write_cases(inputs: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """Give one test text per case, as it stands among an instruction's tests.

    Raises:
        ValueError: there are more of one than of the other.
    """
    return [
        json.dumps({"stdin": stdin, "stdout": stdout}, sort_keys=True)
        for stdin, stdout in zip(inputs, outputs, strict=True)
    ]


def read_cases(tests: Sequence[str]) -> list[Case] | None:
    """Give the cases that `write_cases` wrote; None if one test is something else."""
    cases = [_read_case(text) for text in tests]
    known = [case for case in cases if case is not None]
    return known if known and len(known) == len(cases) else None


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


def _read_case(text: str) -> Case | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or set(found) != FIELDS:
        return None
    if not all(isinstance(value, str) for value in found.values()):
        return None
    return Case(**found)


def _shown(text: str) -> str:
    told = repr(text)
    return told if len(told) <= SHOWN_CHARS else f"{told[:SHOWN_CHARS]}..."
