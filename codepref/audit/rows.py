"""Rows of the audit tables, and what a check found."""

from collections.abc import Sequence
from typing import NamedTuple

from codepref.records import Json, Record, content_id


class Finding(Record):
    """One example of what a check found.

    Attributes:
        finding_id: content id of check, pair_id and response_id.
        check: name of the check, as among its bounds.
        pair_id: the pair; None where the finding is on a response that need not be in a pair.
        response_id: the response; None where the finding is on a pair.
        detail: what was found, in one line.
        left, right: the texts: chosen and rejected, or the solution and its tests.
    """

    finding_id: str
    check: str
    pair_id: str | None
    response_id: str | None
    detail: str
    left: str
    right: str


class Check(NamedTuple):
    """A check's count against its bound.

    Attributes:
        n: rows that were found, out of total.
        value: what is held to the bound; None where there is nothing to count.
        bound: largest value that is accepted; None reports only.
        examples: the first findings by id.
    """

    name: str
    n: float
    total: int
    value: float | None
    bound: float | None
    examples: Sequence[Finding]
    extra: dict[str, Json]

    @property
    def held(self) -> bool:
        """Whether the bound holds; it does where there is none, and where nothing is counted."""
        return self.value is None or self.bound is None or self.value <= self.bound

    def numbers(self) -> dict[str, Json]:
        """Give the check as metrics show it."""
        return {
            "n": self.n,
            "total": self.total,
            "rate": self.n / self.total if self.total else None,
            "value": self.value,
            "bound": self.bound,
            "held": self.held,
            **self.extra,
        }


def pair_finding(check: str, pair_id: str, detail: str, left: str, right: str) -> Finding:
    """Give a finding on a pair."""
    return Finding(
        finding_id=content_id(check, pair_id, None),
        check=check,
        pair_id=pair_id,
        response_id=None,
        detail=detail,
        left=left,
        right=right,
    )


def response_finding(check: str, response_id: str, detail: str, left: str, right: str) -> Finding:
    """Give a finding on a response."""
    return Finding(
        finding_id=content_id(check, None, response_id),
        check=check,
        pair_id=None,
        response_id=response_id,
        detail=detail,
        left=left,
        right=right,
    )


def rate_check(
    name: str, n: int, total: int, bound: float | None, examples: Sequence[Finding]
) -> Check:
    """Hold the share of the rows that were found to a bound."""
    return Check(name, n, total, n / total if total else None, bound, examples, {})
