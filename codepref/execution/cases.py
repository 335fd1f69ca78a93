"""Tests of whole programs as text: what one reads, and what it must print. Pure functions."""

import json
from collections.abc import Sequence
from typing import NamedTuple

FIELDS = {"stdin", "stdout"}


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


def _read_case(text: str) -> Case | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or set(found) != FIELDS:
        return None
    if not all(isinstance(value, str) for value in found.values()):
        return None
    return Case(**found)
