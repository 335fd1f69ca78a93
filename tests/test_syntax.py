"""Programs as syntax trees."""

import warnings

import pytest

from codepref.syntax import functions, parse


@pytest.mark.parametrize("text", ["def f(:", "x = 1\0", "(" * 500, "-" * 100_000 + "1"])
def test_what_is_no_program_is_none(text: str) -> None:
    assert parse(text) is None


def test_an_escape_that_python_does_not_know_is_read_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(r"x = '\d'") is not None


def test_methods_and_nested_functions_are_functions() -> None:
    text = "def a():\n    def b(): ...\nclass C:\n    async def d(self): ...\nlambda: 0\n"
    tree = parse(text)
    assert tree is not None
    assert {node.name for node in functions(tree)} == {"a", "b", "d"}
