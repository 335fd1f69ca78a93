"""Values leave the sandbox as data."""

from collections import Counter, namedtuple
from fractions import Fraction
from typing import NamedTuple

import pytest

from codepref.execution.child_values import HASH_ABOVE_CHARS, encode_short
from codepref.execution.values import Hashed, Opaque, Raised, decode, encode, equal


class Point(NamedTuple):
    x: int
    y: int


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class LyingInt(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**70),
        2**60,
        1.5,
        1e16,
        float("inf"),
        2j,
        "é\ud800\n",
        b"\x00\xff",
        bytearray(b"x"),
        [1, (2, [3])],
        {1, 2},
        frozenset({"a"}),
        {"a": [1], (1, 2): None},
        range(3),
    ],
)
def test_plain_data_comes_back_with_its_type(value: object) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


def test_a_subclass_travels_as_its_built_in_part() -> None:
    assert decode(encode(Point(1, 2))) == (1, 2)
    assert decode(encode(Counter("aab"))) == {"a": 2, "b": 1}
    assert decode(encode(LyingInt(7))) == 7
    assert decode(encode(namedtuple("P", "a")(1))) == (1,)


def test_what_is_no_data_equals_nothing() -> None:
    assert decode(encode(Liar())) == Opaque("Liar")
    assert not equal(3, decode(encode(Liar())), atol=0)
    assert not equal([3], decode(encode([Liar()])), atol=0)
    assert not equal(3, Raised("ValueError"), atol=0)
    assert decode(encode(Fraction(1, 2))) == Opaque("Fraction")


def test_equal_sets_and_dictionaries_are_one_text() -> None:
    assert encode({"b": 1, "a": 2}) == encode({"a": 2, "b": 1})
    assert encode({3, 1, 2}) == encode({2, 3, 1})


def test_a_long_value_without_floats_is_compared_by_hash() -> None:
    long = list(range(HASH_ABOVE_CHARS))
    text = encode_short(long)
    assert len(text) < 100
    assert isinstance(decode(text), Hashed)
    assert equal(long, decode(text), atol=0)
    assert not equal([*long, 1], decode(text), atol=0)
    assert decode(encode_short([0.5, *long])) == [0.5, *long]


def test_an_int_too_long_for_decimal_text_travels() -> None:
    assert decode(encode(10**5000)) == 10**5000


def test_a_value_that_holds_itself_is_opaque_inside() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "too deep" in encode(loop)


@pytest.mark.parametrize(
    "text", ["", "{", '{"set": [[1]]}', '{"int": "zz"}', '{"a": 1, "b": 2}', "[" * 100_000, "{}"]
)
def test_text_that_breaks_the_format_is_opaque(text: str) -> None:
    assert decode(text) == Opaque("malformed")


@pytest.mark.parametrize(
    ("expected", "found", "verdict"),
    [
        (1.0, 1.0 + 5e-7, "same"),
        (1.0, 1.0 + 5e-6, "different"),
        ([1.0, (2.0,)], [1.0, (2.0 + 1e-7,)], "same"),
        ([1.0], (1.0,), "different"),
        ({"a": 1.0}, {"a": 1.0 + 1e-8}, "same"),
        (float("nan"), float("nan"), "same"),
        (float("inf"), float("-inf"), "different"),
        ([1.0], [1.0, 2.0], "different"),
    ],
)
def test_floats_are_compared_within_the_tolerance(
    expected: object, found: object, verdict: str
) -> None:
    assert equal(expected, found, atol=1e-6) is (verdict == "same")
