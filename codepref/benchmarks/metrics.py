"""Results to scores with intervals."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import NamedTuple, get_args

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.rates import UNSCORED
from codepref.benchmarks.rows import Benchmark, Completion, Result, Task
from codepref.benchmarks.scoring import Control, Scored
from codepref.execution.rows import Verdict
from codepref.records import Json
from codepref.statistics.attrition import rate_bounds
from codepref.statistics.intervals import wilson_interval
from codepref.statistics.pass_at_k import TaskCount, mean_pass_at_k

DEFINITIONS: dict[Benchmark, str] = {
    "humaneval": "passed: the program passes the task's own check",
    "humaneval_plus": "passed: every base and plus input returns what the canonical solution does",
    "mbpp_plus": "passed: every base and plus input returns what the canonical solution does",
}


def benchmark_metrics(
    tasks: Sequence[Task],
    completions: Sequence[Completion],
    scored: Scored,
    config: ScoreBenchmarkConfig,
    touched: Set[str],
) -> dict[str, Json]:
    """Scores of one benchmark: {variant: {...}}, with the control as variant "canonical".

    Args:
        tasks: of the benchmark.
        completions: of its variants.
        scored: their results, and the control.
        config: sizes of pass@k, confidence.
        touched: ids of tasks that training may have met, the same for all variants.
    """
    digests = {row.variant: row.policy_digest for row in completions}
    return {
        **{
            variant: score_metrics(
                [row for row in scored.results if row.variant == variant],
                n_tasks_of_benchmark=len(tasks),
                policy_digest=policy_digest,
                config=config,
                touched=touched,
            )
            for variant, policy_digest in sorted(digests.items())
        },
        "canonical": control_metrics(scored.controls),
    }


def score_metrics(
    results: Sequence[Result],
    *,
    n_tasks_of_benchmark: int,
    policy_digest: str,
    config: ScoreBenchmarkConfig,
    touched: Set[str],
) -> dict[str, Json]:
    """Scores of one variant on one benchmark.

    Args:
        results: of that variant and benchmark alone, at least one.
        n_tasks_of_benchmark: all of them, for the coverage.
        policy_digest: identity of the weights.
        config: sizes of pass@k, confidence.
        touched: ids of tasks that training may have met; `clean` is over the others.
    """
    clean = [row for row in results if row.task_id not in touched]
    found = _estimates(results, config)
    return {
        **found._asdict(),
        **_pass_at(results, config),
        "confidence": config.confidence,
        "coverage": found.n_tasks / n_tasks_of_benchmark,
        "verdicts": count_verdicts(results),
        "clean": {
            **_estimates(clean, config)._asdict(),
            **_pass_at(clean, config),
            "n_touched": len({row.task_id for row in results} & touched),
        },
        "definition": (
            f"{DEFINITIONS[results[0].benchmark]}; pass_at_k: mean over tasks of the unbiased "
            "estimate; low, high: Wilson's interval of pass_at_1 over tasks; lowest, highest: "
            "pass_at_1 if every answered task without a verdict failed, or passed; coverage: share "
            "of the benchmark's tasks that have a verdict; clean: the same over tasks that no row "
            "of an instruction in training meets, by check_contamination, for any start"
        ),
        "policy_digest": policy_digest,
    }


def control_metrics(controls: Sequence[Control]) -> dict[str, Json]:
    """How the canonical solutions fared under the same limits as the completions."""
    failed = [
        f"{control.task_id}: {control.judgement.verdict} {control.judgement.failure}".rstrip()
        for control in controls
        if control.judgement.verdict != "passed"
    ]
    skipped = [f"{control.task_id} {line}" for control in controls for line in control.skipped]
    return {
        "n_tasks": len(controls),
        "n_passed": len(controls) - len(failed),
        "failed": "; ".join(failed),
        "n_inputs_skipped": len(skipped),
        "inputs_skipped": "; ".join(skipped),
        "definition": (
            "canonical solutions, judged as completions are; an input they do not answer within "
            "the limits is skipped for every completion"
        ),
    }


def count_verdicts(results: Sequence[Result]) -> dict[str, Json]:
    """Count each verdict, zeros included."""
    counts = Counter(row.verdict for row in results)
    return {verdict: counts[verdict] for verdict in get_args(Verdict)}


class _Estimates(NamedTuple):
    n_tasks: int
    n_samples: int
    n_passed: int
    n_unscored: int
    low: float | None
    high: float | None
    lowest: float | None
    highest: float | None


def _estimates(results: Sequence[Result], config: ScoreBenchmarkConfig) -> _Estimates:
    counts = _task_counts(results)
    rate = mean_pass_at_k(counts, 1)
    low, high = (
        wilson_interval(rate, len(counts), config.confidence) if rate is not None else (None, None)
    )
    answered = len({row.task_id for row in results})
    worst = rate_bounds(rate, len(counts), answered) if answered else None
    return _Estimates(
        n_tasks=len(counts),
        n_samples=sum(count.n for count in counts),
        n_passed=sum(count.c for count in counts),
        n_unscored=sum(row.verdict == UNSCORED for row in results),
        low=low,
        high=high,
        lowest=worst.low if worst else None,
        highest=worst.high if worst else None,
    )


def _pass_at(results: Sequence[Result], config: ScoreBenchmarkConfig) -> dict[str, float | None]:
    counts = _task_counts(results)
    return {f"pass_at_{k}": mean_pass_at_k(counts, k) for k in sorted({1, *config.k})}


def _task_counts(results: Sequence[Result]) -> list[TaskCount]:
    tasks: dict[str, list[Result]] = {}
    for row in results:
        if row.verdict != UNSCORED:
            tasks.setdefault(row.task_id, []).append(row)
    return [
        TaskCount(len(rows), sum(row.verdict == "passed" for row in rows))
        for _, rows in sorted(tasks.items())
    ]
