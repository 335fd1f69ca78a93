"""Which completions are measured: correct ones, of tasks that a variant solves often enough."""

from collections.abc import Sequence
from typing import NamedTuple

from codepref.benchmarks.rows import Completion, Result, Wording
from codepref.errors import DataError
from codepref.performance.config import MeasurePerformanceConfig


class Answers(NamedTuple):
    """What one variant answered to one task, in the main wording.

    Attributes:
        chosen: correct completions that are measured, by sample index; none where too few are
            correct.
    """

    variant: str
    task_id: str
    n_samples: int
    n_correct: int
    chosen: list[Completion]


def choose(
    completions: Sequence[Completion],
    results: Sequence[Result],
    wording: Wording,
    config: MeasurePerformanceConfig,
) -> list[Answers]:
    """Choose what is measured, by variant and task.

    Args:
        completions: of EvalPerf.
        results: of the same completions, and maybe of others.
        wording: the one that counts; completions in others are left out.
        config: min_correct and max_profile.

    Raises:
        DataError: a completion has no result.
    """
    passed = {row.completion_id: row.verdict == "passed" for row in results}
    unjudged = [row.completion_id for row in completions if row.completion_id not in passed]
    if unjudged:
        raise DataError(
            f"{len(unjudged)} of {len(completions)} completions of evalperf have no result, first "
            f"{unjudged[0]}; run score_benchmark again"
        )
    answers: dict[tuple[str, str], list[Completion]] = {}
    for row in completions:
        if row.wording == wording:
            answers.setdefault((row.variant, row.task_id), []).append(row)
    return [
        _chosen(rows, [row for row in rows if passed[row.completion_id]], config)
        for _, rows in sorted(answers.items())
    ]


def _chosen(
    rows: Sequence[Completion], correct: Sequence[Completion], config: MeasurePerformanceConfig
) -> Answers:
    first = sorted(correct, key=lambda row: row.sample_index)[: config.max_profile]
    enough = len(correct) >= config.min_correct
    return Answers(
        variant=rows[0].variant,
        task_id=rows[0].task_id,
        n_samples=len(rows),
        n_correct=len(correct),
        chosen=first if enough else [],
    )
