"""A judge's words to a rating; what gives none has a named status."""

import re
from typing import NamedTuple

from codepref.judge.prompts import HIGHEST, LOWEST
from codepref.judge.rows import Status

RATING = re.compile(r"^[\s>*#_-]*rating\W*?\s*:?[\s*_\[(]*(-?\d+(?:\.\d+)?)", re.I | re.M)
REFUSAL = re.compile(
    r"\b(I (can(?:no|')t|am (?:not able|unable)|won't|must decline)|as an ai\b|I'm sorry)", re.I
)


class Read(NamedTuple):
    """What was read; rating is None unless the status is "rated"."""

    status: Status
    rating: int | None


def read_rating(answer: str) -> Read:
    """Read the last line that begins with "Rating", such as "Rating: 7" or "**Rating:** 7/10".

    The last one counts, since a judge may repeat the form it was shown before it fills it in.
    """
    found = RATING.findall(answer)
    if not found:
        return Read("refused" if REFUSAL.search(answer) else "unparsable", None)
    value = float(found[-1])
    if not value.is_integer():
        return Read("unparsable", None)
    if not LOWEST <= value <= HIGHEST:
        return Read("out_of_range", None)
    return Read("rated", int(value))
