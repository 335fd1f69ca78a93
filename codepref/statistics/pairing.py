"""Scores of two models on one benchmark, paired by task: what all comparisons share."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple

from codepref.errors import DataError
from codepref.records import Json
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.paired import require_same_tasks, wilcoxon_p

BASELINE = "baseline"


class Cell(NamedTuple):
    """Which scores: one benchmark, answered by one variant of one start."""

    benchmark: str
    variant: str


Rates = Mapping[str, float | None]
"""Score by task; None where there is none."""


class Contest(NamedTuple):
    """How models are compared on one benchmark.

    Attributes:
        touched: tasks that training may have met.
        graded: whether scores are amounts, so that ranks are compared, and not pass or fail.
        partial: whether a side may lack tasks, as EvalPerf scores those alone that are solved often
            enough; they then count as tasks without a score.
    """

    touched: Set[str]
    graded: bool = False
    partial: bool = False


Contests = Mapping[str, Contest]
"""One for each benchmark of the study."""

Comparer = Callable[[Rates, Rates, Contest, CompareModelsConfig], dict[str, Json]]

Comparisons = dict[str, dict[str, dict[str, Json]]]
"""Numbers by variant and benchmark."""


def with_clean(
    compare: Comparer, first: Rates, second: Rates, contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    """Compare over all tasks, and beside it over those that training did not meet."""
    found = compare(first, second, contest, config)
    clean, other = _without(first, contest.touched), _without(second, contest.touched)
    if (first or second) and not (clean or other):
        return {**found, "clean": _no_clean_task(found)}
    return {**found, "clean": compare(clean, other, contest, config)}


def _without(rates: Rates, touched: Set[str]) -> Rates:
    return {task_id: rate for task_id, rate in rates.items() if task_id not in touched}


def _no_clean_task(found: Mapping[str, Json]) -> dict[str, Json]:
    note = "training met every task"
    return {"n_tasks": 0, "n_tasks_unscored": 0, "definition": found["definition"], "note": note}


def graded_p(
    differences: Mapping[str, float], contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    """Give Wilcoxon's p where scores are graded, nothing where they are not."""
    return {"p_wilcoxon": wilcoxon_p(differences, config)} if contest.graded else {}


def rates_of(scores: Mapping[Cell, Rates], cell: Cell, contest: Contest) -> Rates:
    """Give the scores of a cell; none where a partial contest has none.

    Raises:
        DataError: the cell has no scores.
    """
    if cell not in scores and contest.partial:
        return {}
    if cell not in scores:
        raise DataError(
            f"no results of {cell.variant} on {cell.benchmark}; the results have "
            f"{sorted({f'{known.variant} on {known.benchmark}' for known in scores})}; "
            "run the stage that scores it again"
        )
    return scores[cell]


class Kept(NamedTuple):
    """Tasks with a score on both sides, sorted, and the number of those without."""

    tasks: list[str]
    n_left_out: int


def scored_by_both(first: Rates, second: Rates, contest: Contest) -> Kept:
    """Pair the tasks of two sides.

    Raises:
        DataError: one side lacks tasks of the other, and the contest is not partial.
    """
    if not contest.partial:
        require_same_tasks(first, second)
    every = sorted({*first, *second})
    tasks = [name for name in every if None not in (first.get(name), second.get(name))]
    return Kept(tasks, len(every) - len(tasks))


def only(rates: Rates, task_ids: Sequence[str]) -> dict[str, float]:
    """Give the scores of some tasks, less those without."""
    return {task_id: rate for task_id in task_ids if (rate := rates[task_id]) is not None}


def mean_over(rates: Rates, task_ids: Sequence[str]) -> float:
    """Average over tasks that all have a score."""
    return sum(only(rates, task_ids).values()) / len(task_ids)


def note_on(low: float, high: float) -> str:
    """Explain an interval without width; "" for any other."""
    if low == high:
        return "every task gave the same difference, so a bootstrap over tasks has no width"
    return ""


def nothing(left_out: int, definition: str) -> dict[str, Json]:
    """Say that there was nothing to compare."""
    return {
        "n_tasks": 0,
        "n_tasks_unscored": left_out,
        "definition": definition,
        "note": "no task has a score on both sides",
    }
