"""Measures of programs with known answers."""

import pytest

from codepref.quality.describe import describe_programs
from codepref.quality.rows import Quality

PLAIN = "def f(a):\n    return a\n"
GOOD = '''
def clip(value: float, low: float, high: float) -> float:
    """Move a value into a range."""
    if value < low:
        return low
    if value > high:
        return high
    return value
'''
BAD = """
import os, subprocess

def F(a, l=[]):
    if a == None:
        subprocess.call(a, shell=True)
    return eval(a)
"""


def row(code: str) -> Quality:
    (found,) = describe_programs({"x": code})
    return found


def test_a_clean_program_has_no_findings() -> None:
    found = row(GOOD)
    assert (found.lint, found.security) == (0, 0)
    assert (found.documented, found.annotated) == (1.0, 1.0)
    assert (found.lines, found.complexity) == (6, 3)  # two ifs and the way through


def test_findings_are_counted() -> None:
    found = row(BAD)
    assert found.lint is not None and found.lint >= 4  # unused import, == None, default, name
    assert found.security == 2  # shell=True, eval
    assert (found.documented, found.annotated) == (0.0, 0.0)


def test_a_method_need_not_annotate_self() -> None:
    code = "class A:\n    def f(self, a: int) -> int:\n        return a\n"
    assert row(code).annotated == 1.0


def test_private_functions_need_no_docstring() -> None:
    assert row("def _f():\n    return 1\n").documented is None


@pytest.mark.parametrize("code", ["", "x = 1\n"])
def test_a_program_without_functions_has_complexity_1_and_no_shares(code: str) -> None:
    found = row(code)
    assert (found.complexity, found.documented, found.annotated) == (1, None, None)


def test_what_does_not_parse_is_counted_and_measured_nowhere() -> None:
    rows = describe_programs({"a": "def f(:", "b": PLAIN})
    assert [r.parses for r in rows] == [False, True]
    assert rows[0].lint is None
    assert {rows[0].lines, rows[0].complexity, rows[0].security, rows[0].annotated} == {None}


def test_each_program_has_its_own_findings_whatever_stands_beside_it() -> None:
    together = describe_programs({"a": BAD, "b": GOOD, "c": PLAIN})
    for code, found in zip((BAD, GOOD, PLAIN), together, strict=True):
        assert found.model_dump(exclude={"completion_id"}) == row(code).model_dump(
            exclude={"completion_id"}
        )


def test_no_programs_are_no_rows() -> None:
    assert describe_programs({}) == []


def test_a_suppression_in_the_text_hides_nothing() -> None:
    """A model that writes noqa or nosec is measured all the same."""
    marked = "def f(a, b=[]):  # noqa\n    return eval(a)  # nosec\n"
    found = row(marked)
    assert found.lint is not None and found.lint > 0
    assert found.security == 1


def test_what_radon_cannot_read_has_no_radon_measure() -> None:
    """Python reads a line that goes on and ends the file; radon's tokenizer does not."""
    found = row("def f():\n    return 1\n    \\\n\n")
    assert found.parses
    assert (found.lines, found.maintainability, found.lint) == (None, None, 0)


def test_what_bandit_cannot_read_has_no_findings_rather_than_none() -> None:
    """It reads bytes and believes the encoding that a comment names."""
    rows = describe_programs({"a": "# coding: klingon\nx = 1\n", "b": "eval(input())\n"})
    assert [(r.parses, r.security) for r in rows] == [(True, None), (True, 1)]


@pytest.mark.filterwarnings("error")
def test_an_escape_that_python_will_refuse_is_measured_in_silence() -> None:
    assert row("PATTERN = '\\d'\n").lines == 1
