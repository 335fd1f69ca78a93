"""Measurements to scores with intervals."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, get_args

import numpy as np

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Completion
from codepref.performance.config import MeasurePerformanceConfig
from codepref.performance.meters import Bench
from codepref.performance.ranks import out_of_order
from codepref.performance.rows import Counter, Measurement, Status
from codepref.performance.selection import Answers
from codepref.records import Json, digest
from codepref.statistics.intervals import bootstrap_interval

BENCHMARK: Benchmark = "evalperf"
# Of evalperf-20240328.jsonl.gz: its Git LFS pointer in github.com/evalplus/evalperf_release.
OFFICIAL_SHA256 = "366bbf6c9b6a2787de38b7b805429a6bb44a7997d569f6f11a3dd5aa60b98235"
DEFINITION = (
    "dps: mean over tasks of the mean over measured completions of the score of the fastest "
    "reference whose cost, with the tolerance, is not exceeded, tried from the last reference to "
    "the first in the benchmark's order; 0 if slower than all, failed, out of time or implausible; "
    "dps_norm: 100 times the place of that reference among them, in place of its score; low, high: "
    "percentile bootstrap over tasks; tasks with fewer than min_correct correct completions are "
    "left out, and of the others the first max_profile are measured; references_out_of_order: that "
    "cost more than the one before them, which the benchmark says is slower"
)


class Circumstances(NamedTuple):
    """Under which costs were measured.

    Attributes:
        source: what fetch_benchmarks says of the file: release, name, sha256.
    """

    source: Mapping[str, Json]
    sampling: SampleBenchmarkConfig
    bench: Bench

    @property
    def config(self) -> MeasurePerformanceConfig:
        """How they were measured."""
        return self.bench.config

    @property
    def counter(self) -> Counter:
        """What costs are in."""
        return self.bench.meter.counter


def performance_metrics(
    completions: Sequence[Completion],
    answers: Sequence[Answers],
    rows: Sequence[Measurement],
    circumstances: Circumstances,
) -> dict[str, Json]:
    """Scores of EvalPerf: {variant: {...}}, and what they depend on as "harness".

    Args:
        completions: of all variants.
        answers: what of them was chosen.
        rows: the measurements of these.
        circumstances: under which they were made.
    """
    harness = harness_of(answers, circumstances)
    digests = {row.variant: row.policy_digest for row in completions}
    return {
        **{
            variant: {
                **variant_metrics(
                    [some for some in answers if some.variant == variant],
                    [row for row in rows if row.variant == variant],
                    circumstances,
                ),
                "policy_digest": policy_digest,
                "harness": harness["fingerprint"],
            }
            for variant, policy_digest in sorted(digests.items())
        },
        "harness": harness,
    }


def variant_metrics(
    answers: Sequence[Answers], rows: Sequence[Measurement], circumstances: Circumstances
) -> dict[str, Json]:
    """Scores of one variant.

    Args:
        answers: of that variant alone.
        rows: its measurements.
        circumstances: under which they were made.
    """
    config = circumstances.config
    tasks: dict[str, list[Measurement]] = {}
    for row in rows:
        if row.dps is not None:
            tasks.setdefault(row.task_id, []).append(row)
    statuses = Tally(row.status for row in rows)
    return {
        **_mean("dps", [_task_mean([r.dps for r in some]) for some in tasks.values()], config),
        **_mean(
            "dps_norm", [_task_mean([r.dps_norm for r in some]) for some in tasks.values()], config
        ),
        "n_tasks": len(tasks),
        "n_tasks_too_few_correct": sum(a.n_correct < config.min_correct for a in answers),
        "n_tasks_unmeasured": len({row.task_id for row in rows} - set(tasks)),
        "n_samples": sum(some.n_samples for some in answers),
        "n_correct": sum(some.n_correct for some in answers),
        "n_chosen": sum(len(some.chosen) for some in answers),
        "n_measured": statuses["measured"],
        "statuses": {status: statuses[status] for status in get_args(Status)},
        **_references(rows, circumstances),
        "counter": circumstances.counter,
        "tolerance": config.tolerance.of(circumstances.counter),
        "min_correct": config.min_correct,
        "max_profile": config.max_profile,
        "confidence": config.confidence,
        "comparable_with_leaderboard": is_comparable(circumstances),
        "definition": DEFINITION,
    }


def is_comparable(circumstances: Circumstances) -> bool:
    """Say whether scores may stand beside EvalPerf's own: its file, and instructions counted."""
    official = circumstances.source["source_sha256"] == OFFICIAL_SHA256
    return official and circumstances.counter == "instructions"


def harness_of(answers: Sequence[Answers], circumstances: Circumstances) -> dict[str, Json]:
    """Name all that scores depend on besides the weights, and its digest as "fingerprint"."""
    config, bench = circumstances.config, circumstances.bench
    tasks = sorted({some.task_id for some in answers})
    found: dict[str, Json] = {
        **{name: circumstances.source[name] for name in ("release", "source", "source_sha256")},
        "counter": circumstances.counter,
        "rounds": config.rounds,
        "tolerance": config.tolerance.of(circumstances.counter),
        "min_correct": config.min_correct,
        "max_profile": config.max_profile,
        "cpu_limit_s": config.cpu_limit_s,
        "memory_limit_mib": config.memory_limit_mib,
        "isolation": bench.pool.isolation,
        "wording": circumstances.sampling.main_wording,
        **circumstances.sampling.draw(BENCHMARK).model_dump(),
        "n_tasks": len(tasks),
        "tasks_digest": digest(tasks),
    }
    return {**found, "fingerprint": digest(found)[:20]}


def _mean(
    name: str, values: Sequence[float], config: MeasurePerformanceConfig
) -> dict[str, float | None]:
    low, high = (
        bootstrap_interval(
            np.array(values),
            confidence=config.confidence,
            resamples=config.resamples,
            seed=config.resampling_seed,
        )
        if values
        else (None, None)
    )
    return {name: fmean(values) if values else None, f"{name}_low": low, f"{name}_high": high}


def _task_mean(values: Sequence[float | None]) -> float:
    return fmean(value for value in values if value is not None)


def _references(rows: Sequence[Measurement], circumstances: Circumstances) -> dict[str, int]:
    """Count the references that the rows were held to, each once a task."""
    tolerance = circumstances.config.tolerance.of(circumstances.counter)
    costs = [list(row.reference_costs) for row in {row.task_id: row for row in rows}.values()]
    flat = [cost for some in costs for cost in some]
    return {
        "n_references": len(flat),
        "n_references_timeout": sum(cost == float("inf") for cost in flat),
        "n_references_unmeasured": sum(cost != cost for cost in flat),  # NaN
        "references_out_of_order": sum(out_of_order(some, tolerance=tolerance) for some in costs),
    }
