"""Rows of quality to means with intervals."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from codepref.benchmarks.rows import Benchmark, Completion, Wording
from codepref.quality.config import MeasureQualityConfig
from codepref.quality.describe import MEASURES
from codepref.quality.rows import Quality
from codepref.quality.tools import tool_versions
from codepref.records import Json, digest
from codepref.statistics.strata import mean_of_means

DEFINITION = (
    "of each measure the mean over tasks of the mean over their programs that have it; n: such "
    "programs; low, high: percentile bootstrap over tasks; a program holds what its task gives "
    "(imports, signature, docstring); of a judged benchmark it is the fenced Python of the answer; "
    "n_without_code: answers without a program; n_not_parsing: programs not in Python; neither has "
    "measures"
)


def quality_metrics(
    completions: Sequence[Completion],
    rows: Sequence[Quality],
    benchmarks: Sequence[Benchmark],
    wording: Wording,
    config: MeasureQualityConfig,
) -> dict[str, Json]:
    """Give {benchmark: {variant: {...}}}; beside the variants stands the "harness".

    Args:
        completions: of one start, in any wording.
        rows: of those completions that have a program.
        benchmarks: that are reported.
        wording: whose completions count.
        config: of the intervals.
    """
    by_id = {row.completion_id: row for row in rows}
    found: dict[str, Json] = {}
    for name in benchmarks:
        cells: dict[str, list[Completion]] = {}
        for completion in completions:
            if (completion.benchmark, completion.wording) == (name, wording):
                cells.setdefault(completion.variant, []).append(completion)
        harness = {**tool_versions(), "wording": wording}
        found[name] = {
            **{
                variant: {
                    **variant_metrics(some, by_id, config),
                    "policy_digest": some[0].policy_digest,
                }
                for variant, some in sorted(cells.items())
            },
            "harness": {**harness, "fingerprint": digest(harness)[:20]},
        }
    return found


def variant_metrics(
    completions: Sequence[Completion], rows: Mapping[str, Quality], config: MeasureQualityConfig
) -> dict[str, Json]:
    """Means of one variant on one benchmark.

    Args:
        completions: of that variant and benchmark alone.
        rows: by completion id; those without a program are absent.
        config: of the intervals.
    """
    known = [
        (row.task_id, rows[row.completion_id]) for row in completions if row.completion_id in rows
    ]
    return {
        **{name: _mean(known, name, config) for name in MEASURES},
        "n_completions": len(completions),
        "n_without_code": len(completions) - len(known),
        "n_not_parsing": sum(not row.parses for _, row in known),
        "n_parsing": sum(row.parses for _, row in known),
        "definition": DEFINITION,
    }


def _mean(
    rows: Sequence[tuple[str, Quality]], name: str, config: MeasureQualityConfig
) -> dict[str, Json]:
    tasks: dict[str, list[float]] = {}
    for task_id, row in rows:
        value = getattr(row, name)
        if value is not None:
            tasks.setdefault(task_id, []).append(value)
    if not tasks:
        return {"mean": None, "low": None, "high": None, "n": 0, "n_tasks": 0}
    means = [fmean(values) for _, values in sorted(tasks.items())]
    found = mean_of_means([np.array(means)], config)
    return {**found._asdict(), "n": sum(map(len, tasks.values())), "n_tasks": len(tasks)}
