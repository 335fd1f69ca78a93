"""Ratings to means with intervals, and how far passes and judges agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import NamedTuple, get_args

import numpy as np

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Dimension, Task
from codepref.judge.config import JudgeCompletionsConfig
from codepref.judge.judges import JudgeSource
from codepref.judge.prompts import HIGHEST, LOWEST, prompts_digest
from codepref.judge.rows import Rating, Status
from codepref.records import Json, digest
from codepref.statistics.agreement import Scale, agreement
from codepref.statistics.strata import mean_of_means

OVERALL = "overall"
DEFINITION = (
    "rating: mean over dimensions of the mean over tasks of the mean over samples and passes of "
    "the first judge's ratings, 1 to 10; low, high: percentile bootstrap over tasks, drawn within "
    "their dimension; n_tasks: with a rating; coverage: their share of the benchmark's tasks; a "
    "judgement without a rating is left out: rating_if_lost_is_zero counts it as 0, as CODAL-Bench "
    "does, lowest as 1 and highest as 10; second_rating: by the second judge"
)
AGREEMENT_DEFINITION = (
    "kappa: Cohen's with quadratic weights, null where all ratings are one; low, high: percentile "
    "bootstrap over tasks, whose answers stay together; identical: share of equal ratings; n_lost: "
    "answers that only one or neither of the two rated. Passes differ in the order of the "
    "criteria, and in the seed where the judge draws; judges are compared on pass 0"
)


class Circumstances(NamedTuple):
    """Under which one benchmark was judged.

    Attributes:
        tasks: all of the benchmark.
        source: what fetch_benchmarks says of the file: release, name, sha256.
    """

    benchmark: Benchmark
    tasks: Sequence[Task]
    source: Mapping[str, Json]
    sampling: SampleBenchmarkConfig
    judging: JudgeCompletionsConfig
    judges: Sequence[JudgeSource]

    def harness(self, ratings: Sequence[Rating]) -> dict[str, Json]:
        """Name all that these ratings depend on, and its digest as "fingerprint"."""
        first, *others = self.judges
        tasks = sorted({row.task_id for row in ratings})
        found: dict[str, Json] = {
            "release": self.source["release"],
            "source": self.source["source"],
            "source_sha256": self.source["source_sha256"],
            "judge": first.name,
            "judge_place": first.place,
            "prompts_digest": prompts_digest(),
            "passes": self.judging.passes,
            "judge_temperature": self.judging.temperature,
            "judge_max_new_tokens": self.judging.max_new_tokens,
            "judge_seed": self.judging.seed if self.judging.temperature else None,
            "wording": self.sampling.main_wording,
            **self.sampling.draw(self.benchmark).model_dump(),
            "n_tasks": len(tasks),
            "tasks_digest": digest(tasks),
        }
        second = {"second_judge": ", ".join(f"{j.name} at {j.place}" for j in others)}
        return {**found, **second, "fingerprint": digest(found)[:20]}


def judge_metrics(
    ratings: Sequence[Rating],
    starts: Sequence[str],
    circumstances: Sequence[Circumstances],
    policies: Mapping[tuple[str, str], str],
    config: JudgeCompletionsConfig,
) -> dict[str, Json]:
    """Give {start: {benchmark: {variant: {...}}}}, and beside them agreement, counts, harness.

    Args:
        ratings: of all starts, by all judges.
        starts: of the grid.
        circumstances: of each judged benchmark.
        policies: digest of the weights by start and variant.
        config: of the stage.
    """
    cells: dict[tuple[str, str, str], list[Rating]] = {}
    for row in ratings:
        cells.setdefault((row.start, row.benchmark, row.variant), []).append(row)
    found: dict[str, dict[str, dict[str, Json]]] = {start: {} for start in starts}
    harness: dict[str, Json] = {}
    for some in circumstances:
        name = some.benchmark
        own = some.harness([row for row in ratings if row.benchmark == name])
        harness[name] = own
        for (start, variant), policy_digest in sorted(policies.items()):
            rated = rating_metrics(cells.get((start, name, variant), []), len(some.tasks), config)
            found[start].setdefault(name, {})[variant] = {
                **rated,
                "policy_digest": policy_digest,
                "harness": own["fingerprint"],
            }
    return {
        **found,
        "agreement": agreement_metrics(ratings, config),
        "counts": count_statuses(ratings),
        "harness": harness,
    }


def rating_metrics(
    ratings: Sequence[Rating], n_tasks_of_benchmark: int, config: JudgeCompletionsConfig
) -> dict[str, Json]:
    """Ratings of one variant on one benchmark.

    Args:
        ratings: of that variant and benchmark alone, by all judges.
        n_tasks_of_benchmark: all of them, for the coverage.
        config: names the first judge, and the bootstrap.
    """
    first = [row for row in ratings if row.judge == config.name]
    second = [row for row in ratings if row.judge != config.name]
    found, n_tasks = _estimate(first, config), len(_task_means(first))
    return {
        **found,
        "dimensions": {name: _dimension(first, name, config) for name in get_args(Dimension)},
        "n_dimensions": len(_by_dimension(first, None)),
        "n_tasks": n_tasks,
        "coverage": n_tasks / n_tasks_of_benchmark,
        **count_statuses(first),
        "rating_if_lost_is_zero": _rating(first, 0),
        "lowest": _rating(first, LOWEST),
        "highest": _rating(first, HIGHEST),
        "second_rating": _rating(second, None),
        "confidence": config.confidence,
        "definition": DEFINITION,
    }


def agreement_metrics(ratings: Sequence[Rating], config: JudgeCompletionsConfig) -> dict[str, Json]:
    """Give for each two passes of the first judge, and the two judges, {benchmark: kappa ...}."""
    first = [row for row in ratings if row.judge == config.name]
    by_pass = [[row for row in first if row.pass_index == i] for i in range(config.passes)]
    second = [row for row in ratings if row.judge != config.name and row.pass_index == 0]
    pairs = {
        f"passes_{i}_{j}": (by_pass[i], by_pass[j])
        for i, j in combinations(range(config.passes), 2)
    }
    if config.second_judge:
        pairs["judges"] = (by_pass[0], second)
    found: dict[str, Json] = {
        name: {
            benchmark: _agreement(*[_of(some, benchmark) for some in pair], config=config)
            for benchmark in [OVERALL, *sorted({row.benchmark for row in ratings})]
        }
        for name, pair in pairs.items()
    }
    return {**found, "definition": AGREEMENT_DEFINITION}


def count_statuses(ratings: Sequence[Rating]) -> dict[str, Json]:
    """Count judgements and each status, zeros included."""
    counts = Counter(row.status for row in ratings)
    return {
        "n_judgements": len(ratings),
        "statuses": {status: counts[status] for status in get_args(Status)},
    }


def _dimension(
    ratings: Sequence[Rating], dimension: Dimension, config: JudgeCompletionsConfig
) -> dict[str, Json]:
    rows = [row for row in ratings if row.dimension == dimension]
    return {**_estimate(rows, config), "n_tasks": len(_task_means(rows))}


def _estimate(ratings: Sequence[Rating], config: JudgeCompletionsConfig) -> dict[str, Json]:
    groups = [np.array(values) for values in _by_dimension(ratings, None).values()]
    if not groups:
        return {"rating": None, "low": None, "high": None}
    found = mean_of_means(groups, config)
    return {"rating": found.mean, "low": found.low, "high": found.high}


def _rating(ratings: Sequence[Rating], lost: int | None) -> float | None:
    groups = _by_dimension(ratings, lost)
    return fmean(fmean(values) for values in groups.values()) if groups else None


def _by_dimension(ratings: Sequence[Rating], lost: int | None) -> dict[Dimension, list[float]]:
    """Means by task of each dimension that has any, tasks in order."""
    found: dict[Dimension, list[float]] = {}
    for name in get_args(Dimension):
        means = _task_means([row for row in ratings if row.dimension == name], lost)
        if means:
            found[name] = list(means.values())
    return found


def _task_means(ratings: Sequence[Rating], lost: int | None = None) -> dict[str, float]:
    """Mean rating of each task that has any.

    Args:
        ratings: of any tasks.
        lost: what a judgement without a rating counts as; None leaves it out.
    """
    values: dict[str, list[int]] = {}
    for row in ratings:
        rating = lost if row.rating is None else row.rating
        if rating is not None:
            values.setdefault(row.task_id, []).append(rating)
    return {task_id: fmean(some) for task_id, some in sorted(values.items())}


def _of(ratings: Sequence[Rating], benchmark: str) -> list[Rating]:
    return [row for row in ratings if benchmark in (OVERALL, row.benchmark)]


def _agreement(
    first: Sequence[Rating], second: Sequence[Rating], *, config: JudgeCompletionsConfig
) -> dict[str, Json]:
    others = {(row.start, row.completion_id): row.rating for row in second}
    both = [
        (row.rating, other, f"{row.benchmark} {row.task_id}")
        for row in first
        if row.rating is not None
        and (other := others.get((row.start, row.completion_id))) is not None
    ]
    ones, twos = [one for one, _, _ in both], [two for _, two, _ in both]
    tasks = [task for _, _, task in both]
    found = agreement(ones, twos, tasks, Scale(LOWEST, HIGHEST), config)
    identical = sum(one == two for one, two in zip(ones, twos, strict=True))
    return {
        **found._asdict(),
        "identical": identical / len(both) if both else None,
        "n_items": len(both),
        "n_lost": len(first) - len(both),
    }
