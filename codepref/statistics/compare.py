"""Compare each aligned model with its start, and the gains of the two pathways."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple

from codepref.errors import DataError
from codepref.records import Json
from codepref.statistics.attrition import difference_bounds
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.multiplicity import holm
from codepref.statistics.paired import (
    difference_of_gains,
    discordant,
    exact_p,
    gains,
    mean_difference,
    permutation_p,
    require_same_tasks,
)
from codepref.statistics.power import detectable_difference

BASELINE = "baseline"
DEFINITION = (
    "difference: aligned minus baseline, mean over tasks of the pass rate; low, high: percentile "
    "bootstrap over tasks; only_baseline, only_aligned: tasks that one of the two does better; p: "
    "two-sided exact McNemar test (sign test over tasks where there are several samples); "
    "p_permutation: two-sided paired permutation test of the mean; p_holm: p adjusted by Holm over "
    "all comparisons of aligned and baseline in this file; detectable: smallest difference that "
    "such a test finds with the stated power at this share of differing tasks, null for none; "
    "coverage: share of tasks that have a verdict on both sides; lowest, highest: the difference "
    "if every other task spoke against, or for, the aligned model"
)
GAINS_DEFINITION = (
    "gain of the pretrained start minus gain of the finetuned start, tasks paired; low, high: "
    "percentile bootstrap over tasks; p: two-sided paired permutation test; p_holm: adjusted by "
    "Holm over all differences of gains in this file"
)


class Cell(NamedTuple):
    """Which scores: one benchmark, answered by one variant of one start."""

    benchmark: str
    variant: str


Rates = Mapping[str, float | None]
"""Pass rate by task; None where the harness reached no verdict."""

Touched = Mapping[str, Set[str]]
"""Tasks that training may have met, by benchmark; one entry for each benchmark of the study."""

Comparer = Callable[[Rates, Rates, CompareModelsConfig], dict[str, Json]]

Comparisons = dict[str, dict[str, dict[str, Json]]]
"""Numbers by variant and benchmark."""


def compare_pathway(
    scores: Mapping[Cell, Rates],
    variants: Sequence[str],
    touched: Touched,
    config: CompareModelsConfig,
) -> Comparisons:
    """Compare the aligned variants of one start with the start: {variant: {benchmark: {...}}}.

    `clean` in each is the same over the tasks that training did not meet.

    Raises:
        DataError: a cell has no scores, or two variants were scored on different tasks.
    """
    return {
        variant: {
            benchmark: _with_clean(
                _comparison,
                _rates(scores, benchmark, BASELINE),
                _rates(scores, benchmark, variant),
                some,
                config,
            )
            for benchmark, some in touched.items()
        }
        for variant in variants
    }


def compare_gains(
    pretrained: Mapping[Cell, Rates],
    finetuned: Mapping[Cell, Rates],
    variants: Sequence[str],
    touched: Touched,
    config: CompareModelsConfig,
) -> Comparisons:
    """Say how much more the pretrained start gains: {variant: {benchmark: {...}}}.

    Raises:
        DataError: a cell has no scores, or tasks differ.
    """
    return {
        variant: {
            benchmark: _with_clean(
                _gains_comparison,
                _paired_gains(pretrained, benchmark, variant),
                _paired_gains(finetuned, benchmark, variant),
                some,
                config,
            )
            for benchmark, some in touched.items()
        }
        for variant in variants
    }


def adjust_family(family: Mapping[str, Comparisons]) -> dict[str, Comparisons]:
    """Give all comparisons with p_holm beside each p, adjusted over all of them together.

    A comparison without p, since nothing was scored, is no member of the family.
    """
    p_values = {
        f"{group}/{variant}/{benchmark}": p
        for group, variants in family.items()
        for variant, benchmarks in variants.items()
        for benchmark, found in benchmarks.items()
        if isinstance(p := found.get("p"), float)
    }
    adjusted = holm(p_values)
    return {
        group: {
            variant: {
                benchmark: {**found, "p_holm": adjusted.get(f"{group}/{variant}/{benchmark}")}
                for benchmark, found in benchmarks.items()
            }
            for variant, benchmarks in variants.items()
        }
        for group, variants in family.items()
    }


def _with_clean(
    compare: Comparer, first: Rates, second: Rates, touched: Set[str], config: CompareModelsConfig
) -> dict[str, Json]:
    """Compare over all tasks, and beside it over those that training did not meet."""
    found = compare(first, second, config)
    clean, other = _without(first, touched), _without(second, touched)
    return {**found, "clean": compare(clean, other, config) if clean else _no_clean_task(found)}


def _without(rates: Rates, touched: Set[str]) -> Rates:
    return {task_id: rate for task_id, rate in rates.items() if task_id not in touched}


def _no_clean_task(found: Mapping[str, Json]) -> dict[str, Json]:
    note = "training met every task"
    return {"n_tasks": 0, "n_tasks_unscored": 0, "definition": found["definition"], "note": note}


def _comparison(baseline: Rates, aligned: Rates, config: CompareModelsConfig) -> dict[str, Json]:
    kept, left_out = _scored(baseline, aligned)
    if not kept:
        return _nothing(left_out, DEFINITION)
    differences = gains(_only(baseline, kept), _only(aligned, kept))
    difference = mean_difference(differences, config)
    counts = discordant(differences)
    worst = difference_bounds(difference.mean, len(kept), len(kept) + left_out)
    return {
        "baseline": _mean(baseline, kept),
        "aligned": _mean(aligned, kept),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "confidence": config.confidence,
        "only_baseline": counts.only_baseline,
        "only_aligned": counts.only_aligned,
        "p": exact_p(counts),
        "p_permutation": permutation_p(differences, config),
        "detectable": detectable_difference(
            len(kept),
            (counts.only_baseline + counts.only_aligned) / len(kept),
            confidence=config.confidence,
            power=config.power,
        ),
        "power": config.power,
        "n_tasks": len(kept),
        "n_tasks_unscored": left_out,
        "coverage": len(kept) / (len(kept) + left_out),
        "lowest": worst.low,
        "highest": worst.high,
        "definition": DEFINITION,
        "note": _note(difference.low, difference.high),
    }


def _gains_comparison(
    pretrained: Rates, finetuned: Rates, config: CompareModelsConfig
) -> dict[str, Json]:
    kept, left_out = _scored(pretrained, finetuned)
    if not kept:
        return _nothing(left_out, GAINS_DEFINITION)
    first, second = _only(pretrained, kept), _only(finetuned, kept)
    difference = difference_of_gains(first, second, config)
    return {
        "pretrained_gain": _mean(pretrained, kept),
        "finetuned_gain": _mean(finetuned, kept),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "confidence": config.confidence,
        "p": permutation_p(gains(second, first), config),
        "n_tasks": len(kept),
        "n_tasks_unscored": left_out,
        "definition": GAINS_DEFINITION,
        "note": _note(difference.low, difference.high),
    }


def _paired_gains(
    scores: Mapping[Cell, Rates], benchmark: str, variant: str
) -> dict[str, float | None]:
    baseline, aligned = _rates(scores, benchmark, BASELINE), _rates(scores, benchmark, variant)
    kept, _ = _scored(baseline, aligned)
    known = gains(_only(baseline, kept), _only(aligned, kept)) if kept else {}
    return {task_id: known.get(task_id) for task_id in sorted(baseline)}


def _rates(scores: Mapping[Cell, Rates], benchmark: str, variant: str) -> Rates:
    cell = Cell(benchmark, variant)
    if cell not in scores:
        raise DataError(
            f"no results of {variant} on {benchmark}; the results have "
            f"{sorted({f'{known.variant} on {known.benchmark}' for known in scores})}; "
            "run score_benchmark again"
        )
    return scores[cell]


def _scored(first: Rates, second: Rates) -> tuple[list[str], int]:
    """Tasks with a verdict in both, sorted, and the number of those without."""
    require_same_tasks(first, second)
    kept = [
        task_id
        for task_id in sorted(first)
        if first[task_id] is not None and second[task_id] is not None
    ]
    return kept, len(first) - len(kept)


def _only(rates: Rates, task_ids: Sequence[str]) -> dict[str, float]:
    return {task_id: rate for task_id in task_ids if (rate := rates[task_id]) is not None}


def _mean(rates: Rates, task_ids: Sequence[str]) -> float:
    return sum(_only(rates, task_ids).values()) / len(task_ids)


def _note(low: float, high: float) -> str:
    if low == high:
        return "every task gave the same difference, so a bootstrap over tasks has no width"
    return ""


def _nothing(left_out: int, definition: str) -> dict[str, Json]:
    return {
        "n_tasks": 0,
        "n_tasks_unscored": left_out,
        "definition": definition,
        "note": "the harness reached no verdict on any task of both sides",
    }
