"""Which start gains more from alignment: difference of two differences, tasks paired."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codepref.records import Json
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.paired import (
    difference_of_gains,
    gains,
    mean_difference,
    permutation_p,
    require_same_tasks,
)
from codepref.statistics.pairing import (
    BASELINE,
    Cell,
    Comparisons,
    Contest,
    Contests,
    Rates,
    graded_p,
    mean_over,
    note_on,
    nothing,
    only,
    rates_of,
    scored_by_both,
    with_clean,
)

GAINS_DEFINITION = (
    "gain of the pretrained start minus gain of the finetuned start, tasks paired; low, high: "
    "percentile bootstrap over tasks; p: two-sided paired permutation test; p_wilcoxon: two-sided "
    "signed-rank test, where scores are graded; p_holm: p_wilcoxon where it is given, else p, "
    "adjusted by Holm over all differences of gains in this file"
)
OVER_MODELS_DEFINITION = (
    "mean over models of the difference of gains, over the tasks that every model has it on; low, "
    "high: percentile bootstrap over tasks, the same tasks for all models, which stay the ones "
    "they are; p, p_wilcoxon, p_holm: as for one model, adjusted over this table"
)


class Pathways(NamedTuple):
    """Scores of one model's two starts."""

    pretrained: Mapping[Cell, Rates]
    finetuned: Mapping[Cell, Rates]


def compare_gains(
    scores: Pathways, variants: Sequence[str], contests: Contests, config: CompareModelsConfig
) -> Comparisons:
    """Say how much more the pretrained start gains: {variant: {benchmark: {...}}}.

    Raises:
        DataError: a cell has no scores, or tasks differ.
    """
    return {
        variant: {
            benchmark: with_clean(
                _gains_comparison,
                _paired_gains(scores.pretrained, Cell(benchmark, variant), contest),
                _paired_gains(scores.finetuned, Cell(benchmark, variant), contest),
                contest,
                config,
            )
            for benchmark, contest in contests.items()
        }
        for variant in variants
    }


def compare_gains_over_models(
    models: Mapping[str, Pathways],
    variants: Sequence[str],
    contests: Contests,
    config: CompareModelsConfig,
) -> Comparisons:
    """Average the difference of gains over models: {variant: {benchmark: {...}}}.

    Raises:
        DataError: a cell has no scores, or tasks differ.
    """
    return {
        variant: {
            benchmark: _over_models(
                [_more_gained(one, Cell(benchmark, variant), contest) for one in models.values()],
                contest,
                config,
            )
            for benchmark, contest in contests.items()
        }
        for variant in variants
    }


def _gains_comparison(
    pretrained: Rates, finetuned: Rates, contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    kept = scored_by_both(pretrained, finetuned, contest)
    if not kept.tasks:
        return nothing(kept.n_left_out, GAINS_DEFINITION)
    first, second = only(pretrained, kept.tasks), only(finetuned, kept.tasks)
    difference = difference_of_gains(first, second, config)
    return {
        "pretrained_gain": mean_over(pretrained, kept.tasks),
        "finetuned_gain": mean_over(finetuned, kept.tasks),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "confidence": config.confidence,
        "p": permutation_p(gains(second, first), config),
        **graded_p(gains(second, first), contest, config),
        "n_tasks": len(kept.tasks),
        "n_tasks_unscored": kept.n_left_out,
        "definition": GAINS_DEFINITION,
        "note": note_on(difference.low, difference.high),
    }


def _over_models(
    models: Sequence[Rates], contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    for some, others in itertools.pairwise(models if not contest.partial else []):
        require_same_tasks(some, others)
    of_all = _means(models)
    n_left_out = len(set().union(*models)) - len(of_all)
    if not of_all:
        return nothing(n_left_out, OVER_MODELS_DEFINITION)
    difference = mean_difference(of_all, config)
    return {
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "confidence": config.confidence,
        "p": permutation_p(of_all, config),
        **graded_p(of_all, contest, config),
        "n_models": len(models),
        "n_tasks": len(of_all),
        "n_tasks_unscored": n_left_out,
        "definition": OVER_MODELS_DEFINITION,
        "note": note_on(difference.low, difference.high),
    }


def _means(models: Sequence[Rates]) -> dict[str, float]:
    """Average over models, by task, where all of them have a value."""
    found = {}
    for task_id in sorted(set().union(*models)):
        values = [rate for rates in models if (rate := rates.get(task_id)) is not None]
        if len(values) == len(models):
            found[task_id] = math.fsum(values) / len(models)
    return found


def _paired_gains(scores: Mapping[Cell, Rates], cell: Cell, contest: Contest) -> Rates:
    baseline = rates_of(scores, cell._replace(variant=BASELINE), contest)
    return _paired_differences(baseline, rates_of(scores, cell, contest), contest)


def _more_gained(scores: Pathways, cell: Cell, contest: Contest) -> Rates:
    """Gain from the pretrained start minus gain from the finetuned one, by task."""
    pretrained = _paired_gains(scores.pretrained, cell, contest)
    finetuned = _paired_gains(scores.finetuned, cell, contest)
    return _paired_differences(finetuned, pretrained, contest)


def _paired_differences(first: Rates, second: Rates, contest: Contest) -> Rates:
    """Second minus first by task; None where either has no score."""
    kept = scored_by_both(first, second, contest).tasks
    known = gains(only(first, kept), only(second, kept)) if kept else {}
    return {task_id: known.get(task_id) for task_id in sorted({*first, *second})}
