"""Whether a difference is within noise, and how a number with its interval is written."""

from typing import Literal

from codepref.lineage.leaf import PERFORMANCE
from codepref.report.numbers import Comparison, GainsComparison
from codepref.report.tables import NONE, p_value
from codepref.schema import Strict

Unit = Literal["pass@1", "DPS", "rating"]
# How much of the unit a score from 0 to 1 spans: percent, DPS from 0 to 100, ratings from 1 to 10.
SPAN: dict[Unit, float] = {"pass@1": 100.0, "DPS": 100.0, "rating": 9.0}
DIGITS: dict[Unit, int] = {"pass@1": 1, "DPS": 1, "rating": 2}
MARK = "\N{ALMOST EQUAL TO}"
MARKED = (
    f"{MARK}: within noise: the interval holds 0, or p, adjusted by Holm over all comparisons of "
    "its kind, is above 1 - confidence."
)
UNITS = (
    "pass@1 in percent of tasks, its differences in percentage points; DPS of EvalPerf from 0 to "
    "100; ratings by a judge from 1 to 10."
)


class Estimate(Strict):
    """A number in its unit, and the ends of its interval; None where there is none."""

    unit: Unit
    value: float | None
    low: float | None
    high: float | None


class Difference(Estimate):
    """A difference of two numbers of a unit.

    Attributes:
        n_tasks: that both have; None where nobody compared task by task.
        p: adjusted by Holm; None where there is none.
        within_noise: see `within_noise`; False where nothing is known.
    """

    n_tasks: int | None
    p: float | None
    within_noise: bool


def unit_of(benchmark: str, *, judged: bool) -> Unit:
    """Name the unit of the score that a benchmark is compared by."""
    if judged:
        return "rating"
    return "DPS" if benchmark == PERFORMANCE else "pass@1"


def difference(found: Comparison | GainsComparison, unit: Unit) -> Difference:
    """Put a difference of scores from 0 to 1 into its unit."""
    value, low, high = (
        None if share is None else SPAN[unit] * share
        for share in (found.difference, found.low, found.high)
    )
    return Difference(
        unit=unit,
        value=value,
        low=low,
        high=high,
        n_tasks=found.n_tasks,
        p=found.p_holm,
        within_noise=within_noise(found),
    )


def within_noise(found: Comparison | GainsComparison) -> bool:
    """Say whether a difference could be chance: its interval holds 0, or p_holm is too large.

    An end of the interval that is 0 counts as holding it; a p_holm of 1 - confidence does not count
    as too large. False where there is no difference.
    """
    if found.low is None or found.high is None:
        return False
    if found.low <= 0 <= found.high:
        return True
    if found.p_holm is None or found.confidence is None:
        return False
    return round(found.p_holm + found.confidence, 9) > 1


def score_cell(found: Estimate) -> str:
    """Write a score with its interval: "10.0 % (4.7 to 20.1)"."""
    if found.value is None:
        return NONE
    digits = DIGITS[found.unit]
    percent = " %" if found.unit == "pass@1" else ""
    return f"{found.value:.{digits}f}{percent}{_between(found, f'.{digits}f')}"


def difference_cell(found: Difference | None) -> str:
    """Write a difference with sign, interval and mark: "+3.3 (-1.7 to +8.3) ≈"."""
    if found is None or found.value is None:
        return NONE
    style = f"+.{DIGITS[found.unit]}f"
    mark = f" {MARK}" if found.within_noise else ""
    return f"{found.value:{style}}{_between(found, style)}{mark}"


def plain_cell(value: float | None, unit: Unit) -> str:
    """Write a difference without an interval."""
    return NONE if value is None else f"{value:+.{DIGITS[unit]}f}"


def p_cell(found: Difference | None) -> str:
    """Write the adjusted p of a difference."""
    return p_value(found.p if found is not None else None)


def _between(found: Estimate, style: str) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({found.low:{style}} to {found.high:{style}})"
