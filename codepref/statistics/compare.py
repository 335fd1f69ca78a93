"""Compare each aligned model with its start."""

from collections.abc import Mapping, Sequence

from codepref.records import Json
from codepref.statistics.attrition import difference_bounds
from codepref.statistics.config import CompareModelsConfig
from codepref.statistics.multiplicity import holm
from codepref.statistics.paired import (
    discordant,
    exact_p,
    gains,
    mean_difference,
    permutation_p,
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
from codepref.statistics.power import detectable_difference

DEFINITION = (
    "difference: aligned minus baseline, mean over tasks of the score; low, high: percentile "
    "bootstrap over tasks; only_baseline, only_aligned: tasks that one of the two does better; p: "
    "two-sided exact McNemar test (sign test over tasks where a score is more than pass or fail); "
    "p_permutation: two-sided paired permutation test of the mean; p_wilcoxon: two-sided "
    "signed-rank test, given where scores are graded (a judge's ratings, EvalPerf); p_holm: "
    "p_wilcoxon where it is given, else p, adjusted by Holm over all comparisons of aligned and "
    "baseline in this file; detectable: smallest difference that McNemar's test finds with the "
    "stated power at this share of differing tasks, null for none; coverage: share of tasks that "
    "have a score on both sides; lowest, highest: the difference if every other task spoke "
    "against, or for, the aligned model"
)


def compare_pathway(
    scores: Mapping[Cell, Rates],
    variants: Sequence[str],
    contests: Contests,
    config: CompareModelsConfig,
) -> Comparisons:
    """Compare the aligned variants of one start with the start: {variant: {benchmark: {...}}}.

    `clean` in each is the same over the tasks that training did not meet.

    Raises:
        DataError: a cell has no scores, or two variants were scored on different tasks.
    """
    return {
        variant: {
            benchmark: compare_rates(
                rates_of(scores, Cell(benchmark, BASELINE), contest),
                rates_of(scores, Cell(benchmark, variant), contest),
                contest,
                config,
            )
            for benchmark, contest in contests.items()
        }
        for variant in variants
    }


def compare_rates(
    baseline: Rates, aligned: Rates, contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    """Compare two models on one benchmark, with `clean` beside.

    Raises:
        DataError: they were scored on different tasks, and the contest is not partial.
    """
    return with_clean(_comparison, baseline, aligned, contest, config)


def adjust_family(family: Mapping[str, Comparisons]) -> dict[str, Comparisons]:
    """Give all comparisons with p_holm beside each p, adjusted over all of them together.

    The p of graded scores is Wilcoxon's. A comparison without p, since nothing was scored, is no
    member of the family.
    """
    p_values = {
        f"{group}/{variant}/{benchmark}": p
        for group, variants in family.items()
        for variant, benchmarks in variants.items()
        for benchmark, found in benchmarks.items()
        if isinstance(p := found.get("p_wilcoxon", found.get("p")), float)
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


def _comparison(
    baseline: Rates, aligned: Rates, contest: Contest, config: CompareModelsConfig
) -> dict[str, Json]:
    kept = scored_by_both(baseline, aligned, contest)
    if not kept.tasks:
        return nothing(kept.n_left_out, DEFINITION)
    differences = gains(only(baseline, kept.tasks), only(aligned, kept.tasks))
    difference = mean_difference(differences, config)
    counts = discordant(differences)
    n, n_all = len(kept.tasks), len(kept.tasks) + kept.n_left_out
    worst = difference_bounds(difference.mean, n, n_all)
    return {
        "baseline": mean_over(baseline, kept.tasks),
        "aligned": mean_over(aligned, kept.tasks),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "confidence": config.confidence,
        "only_baseline": counts.only_baseline,
        "only_aligned": counts.only_aligned,
        "p": exact_p(counts),
        "p_permutation": permutation_p(differences, config),
        **graded_p(differences, contest, config),
        "detectable": detectable_difference(
            n,
            (counts.only_baseline + counts.only_aligned) / n,
            confidence=config.confidence,
            power=config.power,
        ),
        "power": config.power,
        "n_tasks": n,
        "n_tasks_unscored": kept.n_left_out,
        "coverage": n / n_all,
        "lowest": worst.low,
        "highest": worst.high,
        "definition": DEFINITION,
        "note": note_on(difference.low, difference.high),
    }
