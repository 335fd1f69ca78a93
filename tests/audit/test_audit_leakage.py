"""Programs that hold the tests they are judged by."""

import pytest

from codepref.audit.leakage import answered, answers_of, holds_test
from codepref.execution.cases import write_cases

TESTS = ["assert f(1, 'a') == -2", "assert f([3, 4], 'b') == 'yes'", "assert f(7, 'c') == 7.5"]


def test_an_assert_of_the_tests_is_found_whatever_its_spaces() -> None:
    program = "def f(a,b):\n    return 1\nassert  f( [3,4],'b' )=='yes'\n"
    assert holds_test(program, TESTS) == TESTS[1]


def test_other_asserts_are_no_leak() -> None:
    assert holds_test("assert f(1, 'a') == -3\n", TESTS) is None


@pytest.mark.parametrize(
    ("program", "n"),
    [
        ("def f(a, b):\n    if a == 1 and b == 'a':\n        return -2\n", 1),
        (
            "def f(a, b):\n    if (a, b) == (1, 'a'):\n        return -2\n"
            "    elif a == [3, 4] and b == 'b':\n        return 'yes'\n    return a\n",
            2,
        ),
        ("def f(a, b):\n    return {(1, 'a'): -2, (7, 'c'): 7.5}[a, b]\n", 2),
        ("f = lambda a, b: -2 if a == 1 and b == 'a' else None\n", 1),
        ("def f(a, b):\n    match a, b:\n        case 1, 'a':\n            return -2\n", 1),
        # The input or the output alone, or one branch's input with another's output.
        ("def f(a, b):\n    if a == 1:\n        return -2\n", 0),
        ("def f(a, b):\n    if a == 1 and b == 'a':\n        return a\n    return -2\n", 0),
        ("def f(a, b):\n    return -a * 2 if b == 'a' else a\n", 0),
        ("def f(a, b)\n    if a == 1 and b == 'a':\n        return -2\n", 0),  # no Python
        ("", 0),
    ],
)
def test_tests_that_a_program_answers_by_looking_them_up(program: str, n: int) -> None:
    assert answered(program, answers_of(TESTS)) == n


def test_a_whole_program_that_prints_what_its_cases_expect_is_found() -> None:
    tests = write_cases(["3 4\n", "10 20\n"], ["seven\n", "thirty\n"])
    program = "s = input()\nif s == '3 4':\n    print('seven')\n"
    assert answered(program, answers_of(tests)) == 1


def test_tests_without_literals_give_no_answers() -> None:
    assert answers_of(["assert f(x) == 1", "assert sorted(f(1))", "assert f() == 1", "x ="]) == []
