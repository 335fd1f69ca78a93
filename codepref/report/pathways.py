"""P1's tables: what alignment adds on each pathway, and whether both pathways gain alike.

Source: Sivapiran and Uddin, arXiv:2606.28998.
"""

from collections.abc import Sequence

from pydantic import Field

from codepref.lineage.leaf import judged
from codepref.report.measured import Measured, baselines, less
from codepref.report.noise import (
    SPAN,
    Unit,
    difference,
    difference_cell,
    p_cell,
    plain_cell,
    score_cell,
    unit_of,
)
from codepref.report.numbers import Gain, GainsComparison, Numbers, Study, part
from codepref.report.tables import p_value

PATHWAYS = (
    "start",
    "model",
    "method",
    "benchmark",
    "score",
    "n",
    "baseline",
    "aligned",
    "gain",
    "p after Holm",
)
GAPS = ("model", "benchmark", "score", "pretrained", "finetuned", "finetuned less pretrained")
GAINS = (
    "model",
    "method",
    "benchmark",
    "score",
    "n",
    "gain of pretrained",
    "gain of finetuned",
    "difference of gains",
    "p after Holm",
)


class OverModels(Numbers):
    """metrics/compare_models.json: means over models; nothing where there is one."""

    difference_of_gains_over_models: dict[str, dict[str, GainsComparison]] = Field(default={})


def pathway_cells(rows: Sequence[Measured]) -> list[list[str]]:
    """Give a line for each aligned variant, by start and benchmark."""
    before = baselines(rows)
    order = {key: index for index, key in enumerate(before)}
    found = [row for row in rows if row.leaf.cell is not None]
    found.sort(key=lambda row: (row.leaf.start_key, order[row.leaf.start_key, row.measure]))
    starts = dict.fromkeys(row.leaf.start_key for row in rows)
    return [
        _line(row, before[key, row.measure])
        for key in starts
        for row in found
        if row.leaf.start_key == key
    ]


def gap_cells(rows: Sequence[Measured]) -> list[list[str]]:
    """Give a line for each model and benchmark: how far apart its two starts are."""
    before = baselines(rows)
    return [
        [row.leaf.model, row.measure, row.score.unit, score_cell(row.score), *_gap(row, other)]
        for row in before.values()
        if row.leaf.start == "pretrained"
        and (other := before.get((f"{row.leaf.model}-finetuned", row.measure))) is not None
    ]


def gains_cells(study: Study) -> list[list[str]]:
    """Give a line for each model, variant and benchmark; where there are models, over all too."""
    return [
        *(_gains(gain, study) for gain in study.gains),
        *(_gains(gain, study) for gain in _over_models(study)),
    ]


def _over_models(study: Study) -> list[Gain]:
    found = part(study, "compare_models.json", OverModels).difference_of_gains_over_models
    return [
        Gain(model="all", variant=variant, benchmark=benchmark, gains=found[variant][benchmark])
        for benchmark in study.grid.benchmarks
        for variant in study.grid.own_variants
        if variant in found
    ]


def _line(row: Measured, before: Measured) -> list[str]:
    return [
        row.leaf.start,
        row.leaf.model,
        row.leaf.variant,
        row.measure,
        row.score.unit,
        str(row.n_tasks if row.gain is None or row.gain.n_tasks is None else row.gain.n_tasks),
        score_cell(before.score),
        score_cell(row.score),
        difference_cell(row.gain),
        p_cell(row.gain),
    ]


def _gap(row: Measured, other: Measured) -> list[str]:
    return [score_cell(other.score), plain_cell(less(other.score, row.score), row.score.unit)]


def _gains(gain: Gain, study: Study) -> list[str]:
    found = gain.gains
    unit = unit_of(gain.benchmark, judged=gain.benchmark in judged(study.grid))
    return [
        gain.model,
        gain.variant,
        gain.benchmark,
        unit,
        str(found.n_tasks),
        _scaled(found.pretrained_gain, unit),
        _scaled(found.finetuned_gain, unit),
        difference_cell(difference(found, unit)),
        p_value(found.p_holm),
    ]


def _scaled(share: float | None, unit: Unit) -> str:
    return plain_cell(None if share is None else SPAN[unit] * share, unit)
