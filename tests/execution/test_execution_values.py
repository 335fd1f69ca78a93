"""Values leave the sandbox as data."""

from collections import Counter, OrderedDict, deque, namedtuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import DataError
from codepref.execution.child_values import CANONICAL, HASH_ABOVE_BYTES
from codepref.execution.child_values import encode as encode_how
from codepref.execution.values import (
    Hashed,
    Opaque,
    Raised,
    decode,
    encode,
    encode_short,
    pack,
    same_output,
    unpack,
)


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


class LyingFraction(Fraction):
    @property
    def numerator(self) -> int:  # type: ignore[override]
        return 99


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(st.characters(exclude_categories=())),  # lone surrogates too
    st.binary(),
    st.fractions(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
)
HASHABLE = st.one_of(st.none(), st.integers(), st.text(), st.tuples(st.integers(), st.text()))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
    ),
    max_leaves=20,
)


@given(DATA)
def test_plain_data_comes_back_with_its_type(value: object) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@given(st.dictionaries(HASHABLE, st.integers(), min_size=2), st.randoms())
def test_equal_dictionaries_are_one_text_in_canonical_form_only(
    value: dict[object, int], order: object
) -> None:
    items = list(value.items())
    order.shuffle(items)  # type: ignore[attr-defined]
    other = dict(items)
    assert encode(other) == encode(value)
    kept = decode(encode_how(other, CANONICAL._replace(sorts=False)))
    assert list(kept) == list(other)  # type: ignore[call-overload]


@given(st.text(max_size=60))
def test_any_text_at_all_is_decoded_to_something(text: str) -> None:
    decode(text)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Point(1, 2), (1, 2)),
        (namedtuple("P", "a")(1), (1,)),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (LyingInt(7), 7),
        (LyingFraction(1, 2), Fraction(1, 2)),
        (deque([1, 2]), deque([1, 2])),
        (range(3), range(3)),
        (bytearray(b"x"), bytearray(b"x")),
    ],
)
def test_a_subclass_travels_as_its_built_in_part(value: object, data: object) -> None:
    assert decode(encode(value)) == data
    assert type(decode(encode(value))) is type(data)


@pytest.mark.parametrize(
    "value", [Liar(), [Liar()], {"a": (Liar(),)}, object, len, (x for x in ())]
)
def test_what_is_no_data_is_opaque_and_equals_nothing(value: object) -> None:
    assert '"opaque"' in encode(value)
    assert decode(encode(value)) != 3


def test_times_with_a_zone_do_not_travel() -> None:
    assert isinstance(decode(encode(datetime.now(UTC))), Opaque)
    assert decode(encode(date(2020, 2, 29))) == date(2020, 2, 29)
    assert decode(encode(timedelta(-1, 1, 1))) == timedelta(-1, 1, 1)
    assert decode(encode(Decimal("1.50"))) == Decimal("1.5")


def test_equal_sets_are_one_text() -> None:
    assert encode({3, 1, 2}) == encode({2, 3, 1})


LONG = list(range(HASH_ABOVE_BYTES))


def test_a_large_value_is_known_by_its_hash() -> None:
    text = encode_short(LONG)
    assert len(text) < 100
    assert isinstance(decode(text), Hashed)
    assert encode_short(list(LONG)) == text
    assert encode_short([*LONG, 1]) != text


def test_hashes_tell_types_apart_that_are_equal() -> None:
    texts = [encode_short(value) for value in (LONG, tuple(LONG), [float(x) for x in LONG])]
    assert len(set(texts)) == 3


def test_a_large_value_with_objects_in_it_is_hashed_by_its_text() -> None:
    assert encode_short([*LONG, Liar()]) == encode_short([*LONG, Liar()])
    assert isinstance(decode(encode_short([*LONG, Point(1, 2)])), Hashed)


def test_a_small_value_is_sent_as_it_is() -> None:
    assert encode_short([1, "a"]) == '[1,"a"]'


def test_a_value_that_holds_itself_is_opaque_inside() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "too deep" in encode(loop)
    assert "too deep" in encode_short(loop)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", '{"set": [[1]]}', '{"int": "zz"}', '{"a": 1, "b": 2}', "[" * 100_000, "{}"),
        *('{"fraction": [1, 0]}', '{"fraction": ["1e999999999", 1]}', '{"decimal": "x"}'),
        *('{"date": "never"}', '{"timedelta": [1e300]}', '{"range": [1, 2, 0]}', '{"dict": [[1]]}'),
        *(
            '{"decimal": "sNaN"}',
            '{"unknown": 1}',
            '{"complex": ["a"]}',
            '{"deque": 5}',
            '{"opaque": 5}',
            "9" * 5000,
        ),
    ],
)
def test_text_that_breaks_the_format_is_opaque(text: str) -> None:
    assert decode(text) == Opaque("malformed")


def test_what_a_call_raised_is_known_by_its_type() -> None:
    assert decode('{"raised":"KeyError"}') == Raised("KeyError")


@given(st.lists(DATA.filter(lambda value: not isinstance(value, (Fraction, Decimal))), max_size=3))
def test_arguments_are_packed_and_unpacked(arguments: list[object]) -> None:
    try:
        packed = pack(arguments)
    except DataError:
        return
    assert unpack(packed) == arguments
    assert pack(unpack(packed)) == packed


def test_arguments_that_are_no_data_are_refused() -> None:
    with pytest.raises(DataError, match="cannot be passed to a program"):
        pack([Liar()])


def test_equal_arguments_are_equal_bytes_however_often_they_are_referred_to() -> None:
    word = "".join(["a", "b"])
    assert pack([word, word]) == pack(["".join(["a", "b"]), "".join(["a", "b"])])


@pytest.mark.parametrize(
    ("expected", "found", "verdict"),
    [
        ("1\n2\n", "1\n2\n", True),
        ("1\n2\n", "1\n2", True),
        ("1 \n2\n\n", "1\n2\n", True),
        ("1\r\n2", "1\n2", True),
        ("", "", True),
        ("", "\n", True),
        ("1\n2\n", "1\n", False),
        ("1\n", "1\n2\n", False),
        ("1\n\n2", "1\n2", False),
        (" 1", "1", False),
        ("1 2", "1  2", False),
        ("", "1", False),
    ],
)
def test_output_is_compared_line_by_line(expected: str, found: str, *, verdict: bool) -> None:
    assert same_output(expected, found) is verdict
