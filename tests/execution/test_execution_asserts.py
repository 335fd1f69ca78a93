"""Asserts are counted, and objects that lie are seen."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from codepref.execution.child_asserts import Tampered, Watch, lies
from codepref.execution.child_flags import find_flags
from codepref.execution.child_tests import names_of, parse, split, stub, whole


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class LyingList(list[int]):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Pair:
    left: int


def run(text: str, **names: object) -> Watch:
    watch = Watch()
    namespace = {**names, "_count": watch.count, "_compare": watch.compare}
    exec(whole(text, "_count", "_compare").code, namespace)
    return watch


@pytest.mark.parametrize(
    ("text", "asserts"),
    [
        ("assert 1 == 1", 1),
        ("for i in range(3):\n    assert i < 3", 3),
        ("def f():\n    assert True", 0),
        ("def f():\n    assert True\nf()", 1),
        ("if False:\n    assert False", 0),
        ("try:\n    assert 1 == 2\nexcept AssertionError:\n    assert 1 <= 1 < 2 != 3", 2),
    ],
)
def test_asserts_that_run_are_counted(text: str, asserts: int) -> None:
    assert run(text).asserts == asserts


@pytest.mark.parametrize(
    "text",
    [
        "assert 3 == 4",
        "assert 1 < 3 < 2",
        "assert 1 in [2]",
        "assert 1 not in {1: 0}",
        "assert None is not None",
        "assert not (1 == 1 and 2 == 2)",
        "assert all(i == 1 for i in [1, 2])",
    ],
)
def test_a_comparison_keeps_its_meaning(text: str) -> None:
    with pytest.raises(AssertionError):
        run(text)


@pytest.mark.parametrize(
    "text",
    [
        "assert x == 3",
        "assert 3 != x",
        "assert [x] == [3]",
        "assert (1, [x]) == (1, [3])",
        "assert {'a': x} == {'a': 3}",
        "assert {x} == {3}",
        "assert x < 1e-6",
        "assert x in [3]",
        "assert y == [3]",
        "assert 'a' == 'a' and x == 3",
    ],
)
def test_an_object_that_decides_its_equality_is_tampering(text: str) -> None:
    with pytest.raises(Tampered):
        run(text, x=Liar(), y=LyingList())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Pair(1), Pair(1)),
        (Fraction(1, 2), 0.5),
        (True, 1),
        ([1, 2], (1, 2)),
        (object(), 3),
        (Liar(), Liar()),
    ],
)
def test_honest_comparisons_are_no_tampering(left: object, right: object) -> None:
    assert not lies(left, right)


def test_a_text_is_split_into_its_statements() -> None:
    block = split("x = 1\nassert x\n\ndef test_a():\n    assert x\n", "_c", "_d")
    assert [unit.label for unit in block.units] == ["x = 1", "assert x", "def test_a():"]
    assert block.uncalled == ["test_a"]


def test_a_called_test_function_is_not_called_again() -> None:
    assert split("def test_a():\n    assert 1\ntest_a()", "_c", "_d").uncalled == []


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("assert 1 == 1\nassert f(2", 1),
        ("assert 1 == 1\nassert f(\n  2,\n  3", 1),
        ("assert 1\ndef test_b():\n    x = '''abc", 1),
        ("assert 1\nassert 2\nprint('", 2),
        ("not Python at all", 0),
        ("", 0),
    ],
)
def test_an_unfinished_end_is_left_out(text: str, units: int) -> None:
    assert len(split(text, "_c", "_d").units) == units


TO_STUB = (
    "def f(x):\n    '''Doc.'''\n    return x\n"
    "class C:\n    def __init__(self):\n        self.n = 1\n"
    "    def m(self):\n        return 2\n"
)


def stubbed(kind: str) -> dict[str, object]:
    tree = parse(TO_STUB, "<text>")
    stub(tree, kind)
    namespace: dict[str, object] = {}
    exec(compile(tree, "<text>", "exec"), namespace)
    return namespace


def test_a_stub_returns_none_from_every_function_and_plain_method() -> None:
    assert eval("(f(1), C().n, C().m())", stubbed("none")) == (None, 1, None)


def test_a_stub_raises_from_every_function_and_plain_method() -> None:
    names = stubbed("raise")
    assert eval("C().n", names) == 1
    for call in ("f(1)", "C().m()"):
        with pytest.raises(NotImplementedError):
            eval(call, names)


def test_without_a_stub_a_program_stays_as_it_is() -> None:
    assert eval("(f(1), C().n, C().m())", stubbed("")) == (1, 1, 2)


def test_comparisons_stay_as_they_are_where_nobody_is_to_look() -> None:
    watch = Watch()
    exec(whole("assert x == 3", "_count", "").code, {"x": Liar(), "_count": watch.count})
    assert (watch.asserts, watch.tampered) == (1, "")


def test_names_of_a_text_are_those_of_its_functions_too() -> None:
    code = whole("def f():\n    return g(lambda: h.i)\nx = f()", "_c", "_d").code
    assert {"f", "g", "h", "i", "x"} <= names_of(code)


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("def add(a, b):\n    return a + b", []),
        ("import os\nos._exit(0)", ["_exit"]),
        ("import sys\nsys._getframe(1)", ["_getframe"]),
        ("from sys import settrace", ["settrace"]),
        ("import gc\ngc.get_objects()", ["gc"]),
        ("import ctypes.util", ["ctypes.util"]),
        ("from unittest import TestCase", ["unittest"]),
        ("import builtins\nbuiltins.len = None", ["builtins"]),
        ("import sys\nsys.modules['math'] = None", ["modules"]),
        ("__builtins__['len'] = None", ["__builtins__"]),
        ("globals()['x'] = 1", ["globals"]),
        ("quit()", ["quit"]),
        ("f.__code__ = g.__code__", ["__code__"]),
        ("class A:\n    def __eq__(self, o):\n        return True", ["__eq__ returns a constant"]),
        ("class A:\n    def __eq__(self, o):\n        return self.x == o.x", []),
        ("class A:\n    __eq__ = lambda s, o: True", ["__eq__ returns a constant"]),
        ("class A:\n    def __del__(self):\n        pass", ["__del__"]),
        ("import signal, atexit", ["atexit", "signal"]),
    ],
)
def test_what_could_reach_into_tests_is_flagged(code: str, flags: list[str]) -> None:
    assert find_flags(parse(code, "<text>")) == flags
