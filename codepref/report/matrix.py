"""Metrics of several cells side by side: a line per number, a column per cell."""

import re
from collections.abc import Mapping

from codepref.records import Json
from codepref.schema import Strict

LONGEST = 80  # characters of a text that a cell shows
DIGEST = re.compile(r"[0-9a-f]{40,64}")
SHORT = 12  # digits of a digest that a cell shows


class Matrix(Strict):
    """A table whose first column names a number."""

    columns: list[str]
    rows: list[list[str]]


def matrix(cells: Mapping[str, Mapping[str, Json]]) -> Matrix:
    """Put cells side by side; a number that a cell lacks is "-"."""
    flat = {label: flatten_texts(numbers) for label, numbers in cells.items()}
    names = list(dict.fromkeys(name for numbers in flat.values() for name in numbers))
    return Matrix(
        columns=["", *flat],
        rows=[[name, *(numbers.get(name, "-") for numbers in flat.values())] for name in names],
    )


def flatten_texts(numbers: Mapping[str, Json], prefix: str = "") -> dict[str, str]:
    """Give one text per leaf by dotted name; long texts and digests are cut."""
    flat: dict[str, str] = {}
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            flat.update(flatten_texts(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = _text(value)
    return flat


def _text(value: Json) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    if DIGEST.fullmatch(text):
        return text[:SHORT]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
