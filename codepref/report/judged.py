"""Ratings by a judge, and how far its passes agree."""

from collections.abc import Mapping
from pathlib import Path

from codepref.lineage.leaf import Leaf, judged, leaves
from codepref.lineage.numbers import take
from codepref.report.noise import Estimate, score_cell
from codepref.report.numbers import Numbers, Study, part
from codepref.report.tables import NONE, percent

FILE = "judge_completions.json"
RATINGS = (
    "benchmark",
    "model",
    "start",
    "variant",
    "judgements",
    "mean rating",
    "by dimension",
    "by how they ended",
    "mean if a lost one were 0",
)
AGREEMENT = (
    "benchmark",
    "between",
    "answers",
    "without both",
    "weighted kappa",
    "interval",
    "same rating",
)
JUDGES = (
    "benchmark",
    "release",
    "sha256",
    "judge",
    "at",
    "second judge",
    "passes",
    "temperature",
    "tasks",
    "fingerprint",
)
SHORT = 12  # digits of a sha256 that a cell shows


class DimensionRating(Numbers):
    """Mean rating from 1 to 10 of one dimension, over its tasks; None where none is rated."""

    rating: float | None
    low: float | None
    high: float | None
    n_tasks: int


class Rated(Numbers):
    """metrics/judge_completions.json, of one variant on one benchmark.

    Attributes:
        rating: mean over dimensions of their mean ratings from 1 to 10.
        n_judgements: asked for.
        statuses: judgements by how they ended.
        rating_if_lost_is_zero: the mean where a judgement without a rating counts as 0.
    """

    rating: float | None
    low: float | None
    high: float | None
    dimensions: dict[str, DimensionRating]
    n_judgements: int
    statuses: dict[str, int]
    rating_if_lost_is_zero: float | None


class JudgeAgreement(Numbers):
    """Quadratic-weighted kappa of two passes or judges; None where there is none.

    Attributes:
        identical: share of equal ratings.
        n_items: answers that both rated; n_lost: the others.
    """

    kappa: float | None
    low: float | None
    high: float | None
    identical: float | None
    n_items: int
    n_lost: int


class Judge(Numbers):
    """metrics/judge_completions.json, "harness" of one benchmark."""

    release: str
    source_sha256: str
    judge: str
    judge_place: str
    second_judge: str
    passes: int
    judge_temperature: float
    n_tasks: int
    fingerprint: str


def rated(study: Study, leaf: Leaf, benchmark: str) -> Rated:
    """Give what the judge said of one leaf."""
    return part(study, FILE, Rated, leaf.start_key, benchmark, leaf.variant)


def estimate(found: Rated | DimensionRating) -> Estimate:
    """Give a mean rating with its interval."""
    return Estimate(unit="rating", value=found.rating, low=found.low, high=found.high)


def rating_cells(study: Study) -> list[list[str]]:
    """Give a line for each variant of each start on each judged benchmark."""
    return [
        _line(benchmark, leaf, rated(study, leaf, benchmark))
        for benchmark in judged(study.grid)
        for leaf in leaves(study.grid)
    ]


def agreement_cells(study: Study) -> list[list[str]]:
    """Give a line for each two passes or judges, over all and over each judged benchmark."""
    if not judged(study.grid):
        return []
    pairs = take(study.files[FILE], Path(study.metrics) / FILE, "agreement")
    return [
        [benchmark, name.replace("_", " "), *_agreement(study, name, benchmark)]
        for name, found in pairs.items()
        if isinstance(found, Mapping)  # beside them stands the definition
        for benchmark in sorted(found)
    ]


def judge_cells(study: Study) -> list[list[str]]:
    """Give a line for each judged benchmark: who judged, and what."""
    return [
        [name, *_judge(part(study, FILE, Judge, "harness", name))] for name in judged(study.grid)
    ]


def _agreement(study: Study, name: str, benchmark: str) -> list[str]:
    found = part(study, FILE, JudgeAgreement, "agreement", name, benchmark)
    between = NONE
    if found.low is not None and found.high is not None:
        between = f"{found.low:.3f} to {found.high:.3f}"
    return [
        str(found.n_items),
        str(found.n_lost),
        NONE if found.kappa is None else f"{found.kappa:.3f}",
        between,
        percent(found.identical),
    ]


def _judge(found: Judge) -> list[str]:
    return [
        found.release,
        found.source_sha256[:SHORT],
        found.judge,
        found.judge_place,
        found.second_judge or NONE,
        str(found.passes),
        f"{found.judge_temperature:g}",
        str(found.n_tasks),
        found.fingerprint,
    ]


def _line(benchmark: str, leaf: Leaf, found: Rated) -> list[str]:
    dimensions = (
        f"{name} {score_cell(estimate(one))}, n {one.n_tasks}"
        for name, one in sorted(found.dimensions.items())
    )
    lost = found.rating_if_lost_is_zero
    return [
        benchmark,
        leaf.model,
        leaf.start,
        leaf.variant,
        str(found.n_judgements),
        score_cell(estimate(found)),
        "; ".join(dimensions),
        ", ".join(f"{name} {n}" for name, n in sorted(found.statuses.items())) or NONE,
        NONE if lost is None else f"{lost:.2f}",
    ]
