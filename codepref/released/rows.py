"""Rows of the tables of released verdicts."""

from codepref.records import Record


class ReleasedVerdict(Record):
    """What those who released a response found; labels are never made of it.

    Attributes:
        row: number of its row in the released set, from 1.
        passed: None where the set does not say.
    """

    response_id: str
    row: int
    passed: bool | None
