"""What a score owes to chance: how far it moves by seed, wording, sampling, task and harness.

Each component is a standard deviation of the score, the mean over tasks, in units of the score.
What was not varied is null with a note, since nothing is known of it: it is not 0.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from codepref.records import Json

KeyT = TypeVar("KeyT", bound=Hashable)
NOTHING = "no task has a score"
DEFINITION = (
    "standard deviations of the score, which is a mean over tasks; seed: over trainings that "
    "differ in their seed alone, on the tasks that all of them have a score on; wording: over the "
    "wordings, on the tasks put in all of them; sampling: of the completions drawn, from the "
    "spread within a task; harness: of judging a completion again, from the spread within a "
    "completion, which is in sampling too; task: of the tasks drawn, which is what the intervals "
    "show; each but seed is the root mean square over seeds; n: levels varied, for sampling and "
    "harness the fewest in what was used; null: not varied; half_width: how far the score could "
    "move if every task without a score failed, or passed, half of that range; n_flaky: results "
    "that changed when judged again, as score_benchmark.repeats asks for"
)


class Reading(NamedTuple):
    """One score of one completion.

    Attributes:
        score: a share; None where there is none.
        flaky: whether it was another one when judged again.
    """

    task_id: str
    wording: str
    completion_id: str
    score: float | None
    flaky: bool


class _Component(NamedTuple):
    """A standard deviation over n levels; None with a note where nothing was varied."""

    sd: float | None
    n: int
    note: str


def variance_budget(seeds: Mapping[int, Sequence[Reading]], wording: str) -> dict[str, Json]:
    """Split what moves the score of one method on one benchmark of one start.

    Args:
        seeds: readings by seed of the training; a start that is not trained has one.
        wording: whose scores count; the others show the spread by wording.
    """
    runs = [rows for rows in seeds.values() if any(row.wording == wording for row in rows)]
    main = [[row for row in rows if row.wording == wording] for rows in runs]
    return {
        "seed": _by_seed(main)._asdict(),
        "wording": _over_seeds(runs, _by_wording)._asdict(),
        "sampling": _over_seeds(main, _by_sampling)._asdict(),
        "task": _over_seeds(main, _by_task)._asdict(),
        "harness": {**_over_seeds(main, _by_harness)._asdict(), **_open(main)},
        "definition": DEFINITION,
    }


def _by_seed(seeds: Sequence[Sequence[Reading]]) -> _Component:
    rates = [_task_means(rows) for rows in seeds]
    return _spread(rates, "one seed", "no task has a score for every seed")


def _by_wording(rows: Sequence[Reading]) -> _Component:
    wordings = _grouped(rows, lambda row: row.wording)
    rates = [_task_means(some) for some in wordings.values()]
    return _spread(rates, "one wording", "no task has a score in every wording")


def _by_sampling(rows: Sequence[Reading]) -> _Component:
    tasks = _grouped(rows, lambda row: row.task_id)
    return _within([_completion_means(some) for some in tasks.values()], "one sample a task")


def _by_task(rows: Sequence[Reading]) -> _Component:
    means = list(_task_means(rows).values())
    if len(means) < 2:
        return _Component(None, len(means), "fewer than two tasks have a score")
    return _Component(float(np.std(means, ddof=1)) / math.sqrt(len(means)), len(means), "")


def _by_harness(rows: Sequence[Reading]) -> _Component:
    """Variance of a task's mean over completions, each the mean of its readings, over tasks."""
    tasks = [
        [_known(again) for again in _grouped(some, lambda row: row.completion_id).values()]
        for some in _grouped(rows, lambda row: row.task_id).values()
    ]
    used = [readings for readings in tasks if readings and min(map(len, readings)) > 1]
    if not used:
        return _Component(None, 1, "each completion has one score")
    variances = [
        math.fsum(float(np.var(again, ddof=1)) / len(again) for again in readings)
        / len(readings) ** 2
        for readings in used
    ]
    fewest = min(len(again) for readings in used for again in readings)
    return _Component(math.sqrt(float(np.mean(variances)) / len(used)), fewest, "")


def _open(runs: Sequence[Sequence[Reading]]) -> dict[str, Json]:
    """Count what the harness left open, over all seeds."""
    rows = [row for run in runs for row in run]
    n_tasks = sum(len({row.task_id for row in run}) for run in runs)
    n_scored = sum(len(_task_means(run)) for run in runs)
    return {
        "half_width": (n_tasks - n_scored) / n_tasks / 2 if n_tasks else None,
        "n_results": len(rows),
        "n_unscored": sum(row.score is None for row in rows),
        "n_flaky": sum(row.flaky for row in rows),
    }


def _spread(levels: Sequence[Mapping[str, float]], alone: str, nothing: str) -> _Component:
    """Standard deviation of the mean score over levels, on the tasks that all have a score on."""
    if len(levels) < 2:
        return _Component(None, len(levels), alone if levels else NOTHING)
    shared = sorted(set.intersection(*(set(rates) for rates in levels)))
    if not shared:
        return _Component(None, len(levels), nothing)
    means = [math.fsum(rates[name] for name in shared) / len(shared) for rates in levels]
    return _Component(float(np.std(means, ddof=1)), len(levels), "")


def _within(tasks: Sequence[Sequence[float]], alone: str) -> _Component:
    """Standard deviation of the mean over tasks, whose values within a task vary by chance.

    The variance of a task's mean is s^2 / n, for passes p (1 - p) / (n - 1), which has no bias;
    that of the mean over so many tasks is their mean variance divided by their number.
    """
    used = [values for values in tasks if len(values) > 1]
    if not used:
        return _Component(None, 1, alone)
    variances = [float(np.var(values, ddof=1)) / len(values) for values in used]
    return _Component(math.sqrt(float(np.mean(variances)) / len(used)), min(map(len, used)), "")


def _over_seeds(
    seeds: Iterable[Sequence[Reading]], part: Callable[[Sequence[Reading]], _Component]
) -> _Component:
    """Root mean square of a component over the seeds that know it."""
    found = [part(rows) for rows in seeds] or [_Component(None, 0, NOTHING)]
    known = [one.sd for one in found if one.sd is not None]
    if not known:
        return found[0]
    return _Component(
        math.sqrt(math.fsum(sd * sd for sd in known) / len(known)),
        min(one.n for one in found if one.sd is not None),
        "",
    )


def _task_means(rows: Iterable[Reading]) -> dict[str, float]:
    """Mean over completions by task, of the tasks with a score."""
    means = {
        task_id: _completion_means(some)
        for task_id, some in _grouped(rows, lambda row: row.task_id).items()
    }
    return {task_id: math.fsum(some) / len(some) for task_id, some in means.items() if some}


def _completion_means(rows: Iterable[Reading]) -> list[float]:
    """Mean over readings of each completion with a score."""
    scores = map(_known, _grouped(rows, lambda row: row.completion_id).values())
    return [math.fsum(some) / len(some) for some in scores if some]


def _known(rows: Iterable[Reading]) -> list[float]:
    return [row.score for row in rows if row.score is not None]


def _grouped(rows: Iterable[Reading], key: Callable[[Reading], KeyT]) -> dict[KeyT, list[Reading]]:
    groups: dict[KeyT, list[Reading]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
