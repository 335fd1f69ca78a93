"""How alike the two sides of a pair are."""

from collections.abc import Sequence

from codepref.alignment.rows import Row

NEAR = 0.1


def differing_share(first: Sequence[int], second: Sequence[int]) -> float:
    """Share of the longer answer's tokens outside the prefix and the suffix that both have."""
    shorter, longer = sorted((first, second), key=len)
    prefix = _common(shorter, longer)
    suffix = _common(shorter[prefix:][::-1], longer[prefix:][::-1])
    return (len(longer) - prefix - suffix) / max(len(longer), 1)


def near_identical(rows: Sequence[Row]) -> list[str]:
    """Name the pairs whose sides differ in less than a tenth of their tokens.

    On such pairs the chosen side tends to become less likely together with the rejected one.
    Source: Razin et al. 2024, arXiv:2410.08847.
    """
    return [row.row_id for row in rows if differing_share(*row.answers) < NEAR]


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
