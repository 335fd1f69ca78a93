"""The key that spares most programs from being parsed."""

import pytest

from codepref.audit.programs import form_size, names_key
from codepref.pairs.programs import normal_form

PROGRAM = "def f(a):\n    return {'k': a + 1}\n"


@pytest.mark.parametrize(
    "other",
    [
        'def f(a):\n    # it\'s a remark\n    return {"k": a + 1}\n',
        "def f( a ) :\n\n    return {'k' : (a + 1)}  # as 'above'\n",
        "def f(a):\n    return {'''k''': a + 1}\n",
        "def f(a):\n    return {r'k': a + 1}\n",
        "def f(a):\n    return {'k': a + \\\n        1}\n",
        "def f(a):\n    return {'k': a + 0x1}\n",
    ],
)
def test_programs_of_one_normal_form_have_one_key(other: str) -> None:
    assert normal_form(other) == normal_form(PROGRAM)
    assert names_key(other) == names_key(PROGRAM)


@pytest.mark.parametrize(
    ("one", "other"),
    [("255", "0xFF"), ("1000", "1_000"), ("1e-3", "0.001"), ("2.0", "2."), ("0.5", ".5")],
)
def test_a_number_is_its_value_however_it_is_written(one: str, other: str) -> None:
    assert normal_form(f"x = {one} - y") == normal_form(f"x = {other} - y")
    assert names_key(f"x = {one} - y") == names_key(f"x = {other} - y")


def test_another_name_or_number_gives_another_key() -> None:
    assert names_key(PROGRAM) != names_key(PROGRAM.replace("a", "b"))
    assert names_key(PROGRAM) != names_key(PROGRAM.replace("1", "1.0"))


def test_the_size_of_a_program_is_its_nodes() -> None:
    # Module, Assign, Name, Store, Constant.
    assert form_size("a = 1\n") == 5
    assert form_size("a = = 1\n") == 0
