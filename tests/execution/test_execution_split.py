"""Tests in another process than the program: what works across the link, and what cannot lie."""

from collections.abc import Callable

import pytest

from codepref.execution.jobs import Job, Outcome

MakeJob = Callable[..., Job]
RunJob = Callable[..., Outcome]

PROGRAM = """
from collections import namedtuple

LIMIT = 3
Pair = namedtuple("Pair", "left right")


class Stack:
    size = 0

    def __init__(self, items=()):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return self

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def __eq__(self, other):
        return isinstance(other, Stack) and self.items == other.items

    def __add__(self, other):
        return Stack(self.items + other.items)

    def __lt__(self, other):
        return len(self) < len(other)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.items.clear()

    @classmethod
    def of(cls, *items):
        return cls(items)


class TooFull(ValueError):
    pass


def echo(*args, **named):
    return [*args, named] if named else args[0]


def fill(stack):
    if len(stack) >= LIMIT:
        raise TooFull("no room", len(stack))
    return stack.push(0)


def append(items, item):
    items.append(item)


def merge(first, second):
    first.update(second)


def squares(n):
    for i in range(n):
        yield i * i


def forever():
    i = 0
    while True:
        yield i
        i += 1


def apply(function, *args):
    return function(*args)


def set_limit(n):
    global LIMIT
    LIMIT = n


def pair(a, b):
    return Pair(a, b)


def fails(kind):
    raise kind("on purpose")
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert echo(1) == 1",
        "assert echo(None) is None and echo(True) is True",
        "assert echo((1, [2, {3: {4}}])) == (1, [2, {3: {4}}])",
        "assert type(echo((1,))) is tuple and type(echo(frozenset({1}))) is frozenset",
        "assert echo(1, 2, key='x') == [1, 2, {'key': 'x'}]",
        "assert list(echo({'b': 1, 'a': 2})) == ['b', 'a']",
        "assert echo('\\ud800') == '\\ud800' and echo(b'\\xff') == b'\\xff'",
        "assert echo(10**400) == 10**400 and echo(1e-320) == 1e-320",
        "assert echo(float('inf')) == float('inf')",
        "from fractions import Fraction\nassert echo(Fraction(1, 3)) == Fraction(1, 3)",
        "items = [1]\nappend(items, 2)\nassert items == [1, 2]",
        "items = {1: 2}\nmerge(items, {3: 4})\nassert items == {1: 2, 3: 4}",
        "assert list(squares(4)) == [0, 1, 4, 9]",
        "assert [x for x, _ in zip(forever(), range(3))] == [0, 1, 2]",
        "g = forever()\nassert next(g) == 0 and next(g) == 1",
        "g = squares(1)\nnext(g)\ntry:\n    next(g)\nexcept StopIteration:\n    assert True",
        "assert apply(lambda x, y: x + y, 2, 3) == 5",
        "def twice(x):\n    return 2 * x\nassert apply(twice, [1]) == [1, 1]",
        "assert apply(len, [1, 2]) == 2 and apply(max, 1, 2) == 2",
        "assert apply(squares, 3) is not None and sum(apply(squares, 3)) == 5",
        "assert pair(1, 2) == (1, 2)",
        "assert LIMIT == 3\nset_limit(4)",
        "s = Stack([1]).push(2)\nassert len(s) == 2 and s[1] == 2 and list(s) == [1, 2]",
        "s = Stack()\ns.push(1).push(2)\nassert s.items == [1, 2] and s and not Stack()",
        "assert Stack([1]) == Stack([1]) and Stack([1]) != Stack([2])",
        "assert list(Stack([1]) + Stack([2])) == [1, 2]",
        "assert [len(s) for s in sorted([Stack([1, 2]), Stack(), Stack([1])])] == [0, 1, 2]",
        "assert isinstance(Stack(), Stack) and not isinstance(1, Stack)",
        "assert Stack.of(1, 2).items == [1, 2] and Stack.size == 0",
        "with Stack([1]) as s:\n    assert len(s) == 1\nassert len(s) == 0",
        "s = Stack()\ns.name = 1\nassert s.name == 1\ndel s.name\nassert not hasattr(s, 'name')",
        "assert Stack([1]) in [Stack([2]), Stack([1])]",
        "assert len({id(Stack): 1}) == 1 and 2 in Stack([1, 2]) and 3 not in Stack([1])",
        "try:\n    fill(Stack([0] * 3))\nexcept TooFull as e:\n    assert e.args == ('no room', 3)",
        "try:\n    fill(Stack([0, 0, 0]))\nexcept ValueError as error:\n    assert str(error)",
        "try:\n    fails(KeyError)\nexcept KeyError as e:\n    assert e.args == ('on purpose',)",
        "import solution\nassert solution.echo(2) == 2",
        "from solution import Stack as Pile\nassert len(Pile([1])) == 1",
    ],
)
def test_tests_work_across_the_link_as_in_one_process(
    test: str, make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(make_job(PROGRAM, tests=[test], entry_point="echo"))
    assert outcome.verdict == "passed", outcome
    assert (outcome.tests_passed, outcome.mode) == (1, "split")


@pytest.mark.parametrize(
    "test",
    [
        "assert echo(1) == 2",
        "assert echo([1]) == (1,)",
        "assert list(squares(3)) == [0, 1, 2]",
        "assert squares(3) == [0, 1, 4]",
        "assert Stack([1]) == Stack([2])",
        "items = [1]\nappend(items, 2)\nassert items == [1]",
        "assert isinstance(Stack(), list)",
    ],
)
def test_what_does_not_hold_fails(test: str, make_job: MakeJob, run: RunJob) -> None:
    assert run(make_job(PROGRAM, tests=[test], entry_point="echo")).verdict == "failed"


LIAR = """
class Liar:
    def __init__(self, *args):
        pass
    def lie(self, *args):
        return True
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lie
    __ne__ = lambda self, other: False
    def zero(self, *args):
        return 0.0
    __sub__ = __rsub__ = __add__ = __mul__ = __truediv__ = __mod__ = __abs__ = zero
    __hash__ = lambda self: 0

class LyingInt(int):
    __eq__ = lambda self, other: True
    __hash__ = int.__hash__

def f(*args):
    return Liar()

def g(*args):
    return LyingInt(7)

def h(*args):
    return [Liar()]
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("assert f() == 3", "tampered"),
        ("assert 3 == f()", "tampered"),
        ("assert not f() != 3", "tampered"),
        ("assert abs(f() - 3.5) < 1e-6", "tampered"),
        ("assert abs(3.5 - f()) < 1e-6", "tampered"),
        ("assert f() < 3", "tampered"),
        ("assert 3 in f()", "tampered"),
        ("assert f() in [3]", "tampered"),
        ("assert h() == [3]", "tampered"),
        ("assert {f(): 1}.get(3) == 1", "failed"),
        ("assert f() % 2 == 0", "tampered"),
        ("import math\nassert math.isclose(f(), 3.5)", "error"),
        ("assert g() == 3", "failed"),
        ("assert round(f(), 2) == 0", "error"),
        ("assert isinstance(f(), int)", "failed"),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_f(self):\n        self.assertEqual(f(), 3)\n",
            "tampered",
        ),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_f(self):\n        self.assertAlmostEqual(f(), 3.5)\n",
            "tampered",
        ),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_f(self):\n        self.assertIn(3, f())\n",
            "tampered",
        ),
    ],
)
def test_an_object_cannot_decide_what_it_equals(
    test: str, verdict: str, make_job: MakeJob, run: RunJob
) -> None:
    assert run(make_job(LIAR, tests=[test], entry_point="f")).verdict == verdict


SEARCH = """
import gc, re, sys

def add(a, b):
    frame, found = sys._getframe(), []
    while frame:
        found += [frame, *frame.f_locals.values(), *frame.f_globals.values()]
        found += [*frame.f_code.co_consts]
        frame = frame.f_back
    for item in found + gc.get_objects():
        match = re.search(r"EXPECTED_[a-z]+_[0-9]+", repr(item)[:20000])
        if match:
            return match.group()
"""
SECRET = "assert add(1, 2) == 'EXPECTED_value_4711'"


def test_what_is_expected_is_nowhere_in_the_programs_process(
    make_job: MakeJob, run: RunJob
) -> None:
    """It looks at all frames and objects; in the process of its tests the same search finds it."""
    apart = run(make_job(SEARCH, tests=[SECRET]), cpu_limit_s=10)
    assert (apart.verdict, "expected" in apart.failure) == ("no_tests", False)
    beside = run(make_job(SEARCH, mode="script", tests=[SECRET], self_written=True), cpu_limit_s=10)
    assert beside.verdict == "passed"
    assert "_getframe" in beside.flags


@pytest.mark.parametrize(
    "payload",
    [
        "b'\\xff\\xff\\xff\\xff'",
        "(5).to_bytes(4, 'little') + b'[1,2]'",
        "(3).to_bytes(4, 'little') + b'{}x'",
        "(2).to_bytes(4, 'little') + b'[]'",
        "(30).to_bytes(4, 'little') + b'[\"value\",3,{\"dict\":[[0,[3]]]}]'",
        "(29).to_bytes(4, 'little') + b'[\"value\",{\"yours\":99999},[]]..'",
        "(12).to_bytes(4, 'little') + b'[\"ask\",1,2,3'",
        "bytes(4) * 1000",
    ],
)
def test_what_a_program_writes_to_the_link_itself_is_no_pass(
    payload: str, make_job: MakeJob, run: RunJob
) -> None:
    code = f"import os\ndef add(a, b):\n    os.write(7, {payload})\n    return a - b\n"
    assert run(make_job(code)).verdict in ("tampered", "failed", "error", "early_exit")


def test_an_answer_written_by_hand_is_only_an_answer(make_job: MakeJob, run: RunJob) -> None:
    """Whoever knows the link can answer without returning; it must still be the right answer."""
    reply = '["value",3,{"dict":[]}]'
    code = (
        "import os\ndef add(a, b):\n"
        f"    os.write(7, ({len(reply)}).to_bytes(4, 'little') + b'{reply}')\n"
        "    os._exit(0)\n"
    )
    outcome = run(make_job(code))
    assert (outcome.verdict, outcome.tests_passed) == ("early_exit", 1)


def test_a_program_cannot_look_inside_the_tests_functions(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(check, b):\n    return check.__globals__\n"
    job = make_job(code, tests=["secret = 3\nassert add(lambda: secret, 0) == 3"])
    outcome = run(job)
    assert (outcome.verdict, outcome.tests_passed) == ("error", 0)
    assert "getattr of function is not for here" in outcome.failure


@pytest.mark.parametrize(
    "test",
    [
        "import io\nfrom contextlib import redirect_stdout\n"
        "with redirect_stdout(io.StringIO()) as s:\n    add(1, 2)\nassert s.getvalue() == '3'",
        "from unittest import mock\nassert mock.patch('solution.add')",
        "import inspect\nassert 'return' in inspect.getsource(add)",
    ],
)
def test_tests_that_want_one_process_give_no_label(
    test: str, make_job: MakeJob, run: RunJob
) -> None:
    outcome = run(make_job("def add(a, b):\n    print(a + b)\n", tests=[test]))
    assert outcome.verdict == "no_tests"
    assert "wants program and tests in one process" in outcome.failure


def test_setup_of_the_tests_may_use_what_the_program_defines(
    make_job: MakeJob, run: RunJob
) -> None:
    """As Mbpp/367 and 927: code, then set-up, then tests."""
    code = (
        "class Node:\n    def __init__(self, data):\n        self.data, self.left = data, None\n"
        "def depth(node):\n    return 0 if node is None else 1 + depth(node.left)\n"
    )
    setup = "root = Node(1)\nroot.left = Node(2)\nroot.left.left = Node(3)\n"
    tests = ["assert depth(root) == 3", "assert depth(root.left) == 2"]
    assert run(make_job(code, setup=setup, tests=tests, entry_point="depth")).verdict == "passed"


def test_names_of_the_tests_come_before_the_programs(make_job: MakeJob, run: RunJob) -> None:
    """As HumanEval/32, whose check calls a helper that the task gives."""
    code = "def poly(xs, x):\n    return 0\ndef find_zero(xs):\n    return 9\n"
    setup = "def poly(xs, x):\n    return sum(c * x**i for i, c in enumerate(xs))\n"
    test = "assert abs(poly([1, 2], find_zero([1, 2]))) < 1e-4"
    assert (
        run(make_job(code, setup=setup, tests=[test], entry_point="find_zero")).verdict == "failed"
    )
    right = code.replace("return 9", "return -0.5")
    assert (
        run(make_job(right, setup=setup, tests=[test], entry_point="find_zero")).verdict == "passed"
    )


def test_a_program_that_hides_a_builtin_hides_it_from_itself_only(
    make_job: MakeJob, run: RunJob
) -> None:
    code = "def len(x):\n    return 3\ndef add(a, b):\n    return []\n"
    outcome = run(make_job(code, tests=["assert len(add(1, 2)) == 3"]))
    assert (outcome.verdict, outcome.tests_passed) == ("no_tests", 0)


def test_each_test_counts_and_the_first_failure_is_told(make_job: MakeJob, run: RunJob) -> None:
    code = "def add(a, b):\n    return a\n"
    outcome = run(make_job(code))
    assert (outcome.verdict, outcome.tests_passed, outcome.tests_total) == ("failed", 1, 2)
    assert outcome.failure == "assert add(1, 2) == 3: AssertionError"


def test_an_error_shows_the_programs_own_lines(make_job: MakeJob, run: RunJob) -> None:
    outcome = run(make_job("def add(a, b):\n    return a / 0\n"))
    assert outcome.failure == "assert add(1, 2) == 3: ZeroDivisionError: division by zero"
    assert 'File "<solution>", line 2, in add' in outcome.stderr_tail


def test_a_text_of_statements_is_split_and_its_unfinished_end_left_out(
    make_job: MakeJob, run: RunJob
) -> None:
    text = "assert add(1, 2) == 3\ndef test_zero():\n    assert add(0, 0) == 1\nassert add(1,"
    job = make_job("def add(a, b):\n    return a + b\n", tests=[text], self_written=True)
    outcome = run(job)
    assert (outcome.verdict, outcome.tests_passed, outcome.tests_total) == ("failed", 1, 2)
