"""Results to scores with intervals."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import NamedTuple, get_args

import numpy as np

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.harness import Circumstances
from codepref.benchmarks.rates import UNSCORED
from codepref.benchmarks.rows import Completion, Result, Task, Wording
from codepref.benchmarks.scoring import Control, Scored
from codepref.execution.rows import Verdict
from codepref.records import Json
from codepref.statistics.attrition import rate_bounds
from codepref.statistics.intervals import bootstrap_interval, wilson_interval
from codepref.statistics.pass_at_k import TaskCount, mean_pass_at_k

CHECKED = "passed: the program passes the task's own check"
CALLED = "passed: every base and plus input returns what the canonical solution does"
OWN_CHECK = ("humaneval", "mbpp")
DEFINITION = (
    "pass_at_k: mean over tasks of the unbiased estimate, null where a task has fewer samples; "
    "low, high: Wilson's interval of pass_at_1 over tasks; bootstrap_low, bootstrap_high: its "
    "percentile bootstrap over tasks, whose samples stay together; lowest, highest: pass_at_1 "
    "if every answered task without a verdict failed, or passed; coverage: share of the "
    "benchmark's tasks that have a verdict; marked: tasks whose canonical solution fails, so "
    "that no answer to them has a verdict; clean: the same over tasks that no row of an "
    "instruction in training meets, by check_contamination, for any start; by_wording: over the "
    "tasks that are put in every wording"
)


def benchmark_metrics(
    tasks: Sequence[Task],
    completions: Sequence[Completion],
    scored: Scored,
    circumstances: Circumstances,
    touched: Set[str],
) -> dict[str, Json]:
    """Scores of one benchmark: {variant: {...}}.

    Beside the variants stand the control as "canonical", and what scores depend on as "harness".

    Args:
        tasks: of the benchmark.
        completions: of its variants.
        scored: their results, and the control.
        circumstances: under which they were found.
        touched: ids of tasks that training may have met, the same for all variants.
    """
    digests = {row.variant: row.policy_digest for row in completions}
    marked = {c.task_id for c in scored.controls if c.judgement.verdict != "passed"}
    harness = circumstances.harness(scored.results)
    return {
        **{
            variant: {
                **score_metrics(
                    [row for row in scored.results if row.variant == variant],
                    n_tasks_of_benchmark=len(tasks),
                    policy_digest=policy_digest,
                    circumstances=circumstances,
                    touched=touched,
                ),
                "marked": len(marked),
                "harness": harness["fingerprint"],
            }
            for variant, policy_digest in sorted(digests.items())
        },
        "canonical": control_metrics(scored.controls),
        "harness": harness,
    }


def score_metrics(
    results: Sequence[Result],
    *,
    n_tasks_of_benchmark: int,
    policy_digest: str,
    circumstances: Circumstances,
    touched: Set[str],
) -> dict[str, Json]:
    """Scores of one variant on one benchmark.

    Args:
        results: of that variant and benchmark alone, in all wordings, some in the main one.
        n_tasks_of_benchmark: all of them, for the coverage.
        policy_digest: identity of the weights.
        circumstances: sizes of pass@k, confidence, main wording.
        touched: ids of tasks that training may have met; `clean` is over the others.
    """
    config = circumstances.scoring
    main = [row for row in results if row.wording == circumstances.sampling.main_wording]
    clean = [row for row in main if row.task_id not in touched]
    found = _estimates(main, config)
    benchmark = main[0].benchmark
    return {
        **found._asdict(),
        **_pass_at(main, config),
        "confidence": config.confidence,
        "coverage": found.n_tasks / n_tasks_of_benchmark,
        "verdicts": count_verdicts(main),
        "by_wording": _by_wording(results, config),
        "clean": {
            **_estimates(clean, config)._asdict(),
            **_pass_at(clean, config),
            "n_touched": len({row.task_id for row in main} & touched),
        },
        "definition": f"{CHECKED if benchmark in OWN_CHECK else CALLED}; {DEFINITION}",
        "policy_digest": policy_digest,
    }


def control_metrics(controls: Sequence[Control]) -> dict[str, Json]:
    """How the canonical solutions fared under the same limits as the completions."""
    failed = [
        f"{control.task_id}: {control.judgement.verdict} {control.judgement.failure}".rstrip()
        for control in controls
        if control.judgement.verdict != "passed"
    ]
    again = [control.task_id for control in controls if control.judged_again]
    skipped = [f"{control.task_id} {line}" for control in controls for line in control.skipped]
    return {
        "n_tasks": len(controls),
        "n_passed": len(controls) - len(failed),
        "failed": "; ".join(failed),
        "n_judged_again": len(again),
        "judged_again": "; ".join(again),
        "n_inputs_skipped": len(skipped),
        "inputs_skipped": "; ".join(skipped),
        "definition": (
            "canonical solutions, judged in the same run as completions; failed: also when the "
            "task was judged again alone, so no answer to it has a verdict; judged_again: passed "
            "or failed alone, where it failed or met a limit beside others; an input they do not "
            "answer within the limits is skipped for every completion"
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
    bootstrap_low: float | None
    bootstrap_high: float | None
    lowest: float | None
    highest: float | None


def _estimates(results: Sequence[Result], config: ScoreBenchmarkConfig) -> _Estimates:
    counts = _task_counts(results)
    rate = mean_pass_at_k(counts, 1)
    low, high = (
        wilson_interval(rate, len(counts), config.confidence) if rate is not None else (None, None)
    )
    resampled = _resampled(counts, config)
    answered = len({row.task_id for row in results})
    worst = rate_bounds(rate, len(counts), answered) if answered else None
    return _Estimates(
        n_tasks=len(counts),
        n_samples=sum(count.n for count in counts),
        n_passed=sum(count.c for count in counts),
        n_unscored=sum(row.verdict == UNSCORED for row in results),
        low=low,
        high=high,
        bootstrap_low=resampled[0],
        bootstrap_high=resampled[1],
        lowest=worst.low if worst else None,
        highest=worst.high if worst else None,
    )


def _resampled(
    counts: Sequence[TaskCount], config: ScoreBenchmarkConfig
) -> tuple[float, float] | tuple[None, None]:
    if not counts:
        return None, None
    rates = np.array([count.c / count.n for count in counts])
    return bootstrap_interval(
        rates,
        confidence=config.confidence,
        resamples=config.resamples,
        seed=config.resampling_seed,
    )


def _by_wording(results: Sequence[Result], config: ScoreBenchmarkConfig) -> dict[str, Json]:
    """Scores of each wording over the tasks that all wordings share."""
    wordings: dict[Wording, list[Result]] = {}
    for row in results:
        wordings.setdefault(row.wording, []).append(row)
    tasks = [{row.task_id for row in rows} for rows in wordings.values()]
    shared = set.intersection(*tasks)
    return {
        wording: _rate([row for row in rows if row.task_id in shared], config)
        for wording, rows in sorted(wordings.items())
    }


def _rate(results: Sequence[Result], config: ScoreBenchmarkConfig) -> dict[str, Json]:
    found = _estimates(results, config)
    return {
        "n_tasks": found.n_tasks,
        "pass_at_1": mean_pass_at_k(_task_counts(results), 1),
        "low": found.low,
        "high": found.high,
    }


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
