"""Programs compared."""

import pytest

from codepref.pairs.programs import same_program


def test_a_program_that_does_not_parse_is_compared_by_its_lines() -> None:
    assert same_program("def f(:  \n", "def f(:")
    assert not same_program("def f(:", "def g(:")
    assert not same_program("def f(:", "def f(): ...")


def test_programs_are_compared_by_what_they_do_not_how_they_are_written() -> None:
    one = "def f(a):\n    # adds\n    return (a + 1.0)\n"
    assert same_program(one, "def f( a ):\n\n    return a+1.0")
    assert not same_program(one, one.replace("1.0", "1"))
    assert not same_program(one, one.replace("return (a + 1.0)", "return (a + 1.0), 2"))
    assert not same_program("x = [1, 2]", "x = [1]")
    assert same_program("", "# nothing")


@pytest.mark.parametrize("name", ["True", "1", "1.0", "1j", "'1'", "b'1'", "..."])
def test_equal_constants_of_other_types_are_other_programs(name: str) -> None:
    others = {"True", "1", "1.0", "1j", "'1'", "b'1'", "..."} - {name}
    assert not any(same_program(f"x = {name}", f"x = {other}") for other in others)
