"""Which blocks of a released answer are the program, and which its tests."""

import pytest

from codepref.released.layouts import Answer, parse_answer
from tests.released.released_set import answer

CODE = "def f(x):\n    return x"
TESTS = "assert f(1) == 1"
READ = Answer(CODE, TESTS)


def python(code: str) -> str:
    return f"```python\n{code}\n```"


def test_starcoder2_instructs_headings_part_an_answer() -> None:
    """The block of the explanation is neither program nor test."""
    read = parse_answer(answer("f"), None)
    assert read == Answer("def f(x):\n    return x", "assert f(1) == 1\nassert f('k') == 'k'")


@pytest.mark.parametrize(
    "text",
    [
        f"So:\n{python(CODE)}\nDone.\n</response>\n\n<tests>\nRun:\n{python(TESTS)}",
        f"{python(CODE)}\n</response> <tests>\n{python(TESTS)}\n</tests>",
        f"{python(CODE)}\n\n### Tests 2\n{python(TESTS)}",
        f"{python('draft = 1')}\n[Implementation]\n{python(CODE)}\n[Tests]\n{python(TESTS)}",
        f"So:\n{python(CODE)}\nTo check it:\n{python(TESTS)}",
        f"```bash\npip install x\n```\n{python(CODE)}\n```\nout\n```\n{python(TESTS)}",
    ],
)
def test_each_layout_gives_program_and_tests(text: str) -> None:
    assert parse_answer(text, None) == READ


def test_tests_in_a_column_of_their_own_are_read_with_the_answer() -> None:
    assert parse_answer(f"So:\n{python(CODE)}", f"Run:\n{python(TESTS)}") == READ


def test_several_blocks_of_a_program_are_one_program() -> None:
    text = f"{python('import math')}\nand\n{python(CODE)}\n[Tests]\n{python(TESTS)}"
    assert parse_answer(text, None) == Answer(f"import math\n\n{CODE}", TESTS)


def test_a_heading_inside_of_code_parts_nothing() -> None:
    code = f"# Tests\n{CODE}"
    assert parse_answer(f"{python(code)}\n[Tests]\n{python(TESTS)}", None) == Answer(code, TESTS)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "no_text"),
        (" \n", "no_text"),
        ("I would sort it.", "no_code"),
        (f"[Tests]\n{python(TESTS)}", "no_code"),
        (f"```\n{CODE}\n```\n[Tests]\n{python(TESTS)}", "no_code"),
        (python(CODE), "no_tests"),
        (f"{python(CODE)}\n[Tests]\nNone needed.", "no_tests"),
        (f"{python(CODE)}\n{python('print(f(1))')}", "no_tests"),
        (f"{python(CODE)}\n[Tests]\n```python\nassert f(1)", "unclosed_fence"),
    ],
)
def test_an_answer_that_cannot_be_read_has_its_reason(response: object, reason: str) -> None:
    assert parse_answer(response, None) == reason
