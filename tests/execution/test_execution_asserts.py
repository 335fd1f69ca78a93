"""Asserts are counted, and objects that lie are seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

import pytest

from codepref.execution.child_asserts import Tampered, Watch
from codepref.execution.child_flags import find_flags
from codepref.execution.child_tests import (
    names_of,
    parse,
    split,
    spoiled,
    stub,
    stub_values,
    whole,
)


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class LyingList(list[int]):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class LyingInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __lt__ = __eq__  # type: ignore[assignment]
    __hash__ = int.__hash__


class LyingFraction(Fraction):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Fraction.__hash__


class Colour(Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


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
        "assert x < 1e-6",
        "assert x in [3]",
        "assert 3 in x",
        "assert 'a' == 'a' and x == 3",
    ],
)
def test_an_object_that_decides_its_equality_is_tampering(text: str) -> None:
    with pytest.raises(Tampered):
        run(text, x=Liar())


@pytest.mark.parametrize(
    "text",
    [
        "assert x == [3]",
        "assert [x] == [[3]]",
        "assert x != []",
        "assert 3 in x",
        "assert n == 3",
        "assert n < 3",
        "assert f == 0.5",
        "assert {x_as_key: 1} == {3: 1}",
    ],
)
def test_a_subclass_is_compared_by_its_data(text: str) -> None:
    with pytest.raises(AssertionError):
        run(text, x=LyingList(), n=LyingInt(7), f=LyingFraction(1, 3), x_as_key=LyingInt(7))


@pytest.mark.parametrize(
    "text",
    [
        "assert p == p and p == q and p != r",
        "assert [p] == [q] and (p, 1) == (q, 1)",
        "assert p in [q] and r not in [p]",
        "assert f == 0.5 and 0.5 == f and f < 1",
        "assert True == 1 and 1 == 1.0",
        "assert [1, 2] != (1, 2)",
        "assert o != 3 and o == o and o is o",
        "assert l == l",
        "assert d.keys() == {1} and d.items() == {(1, 2)}",
        "assert t == (1, 2) and t.x == 1",
        "assert e == e and e is not None",
        "assert 2 in g",
    ],
)
def test_honest_comparisons_keep_their_meaning(text: str) -> None:
    def generator() -> Iterator[int]:
        yield from (1, 2, 3)

    names = {
        "p": Pair(1),
        "q": Pair(1),
        "r": Pair(2),
        "f": Fraction(1, 2),
        "o": object(),
        "l": Liar(),
        "d": {1: 2},
        "t": Point(1, 2),
        "e": Colour.RED,
        "g": generator(),
    }
    run(text, **names)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("assert f(1) == 3", "3 * 7919 + 104729"),
        ("x = f(1)\nassert x == 'a' \nassert x == 'b'", "'a spoiled'"),
        ("assert f(1) == True", "False"),
        ("assert f(2) == 0.5", "0.5 * 7919.0 + 104729.5"),
        ("assert f(1)\nassert f(2) == b'x'\nassert f(1,", "b'x spoiled'"),
    ],
)
def test_a_test_is_spoiled_by_another_constant(text: str, made: str) -> None:
    code = spoiled(text, "_count", "_compare")
    assert code is not None
    watch = Watch()
    wanted = eval(made)
    names = {"f": lambda x: wanted, "x": wanted, "_count": watch.count}  # noqa: ARG005
    exec(code, {**names, "_compare": watch.compare})


@pytest.mark.parametrize("text", ["assert f(1)", "assert f(1) == [1]", "assert f(1) < 3", "", "("])
def test_tests_without_a_constant_cannot_be_spoiled(text: str) -> None:
    assert spoiled(text, "_count", "_compare") is None


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


@pytest.mark.parametrize("kind", ["none", "raise"])
def test_lambdas_imports_and_objects_are_stubbed_and_classes_are_not(kind: str) -> None:
    names = {"f": lambda: 1, "g": len, "h": Pair, "i": 3, "_j": len}
    stub_values(names, kind)
    assert (names["h"], names["i"], names["_j"]) == (Pair, 3, len)
    for name in ("f", "g"):
        if kind == "none":
            assert names[name](1, x=2) is None  # type: ignore[operator]
        else:
            with pytest.raises(NotImplementedError):
                names[name]()  # type: ignore[operator]


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
