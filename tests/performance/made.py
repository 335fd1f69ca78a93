"""A task whose references are known to cost 16, 4 and 1 times the same, and what answers it."""

from collections.abc import Sequence
from typing import Any

from codepref.benchmarks.rows import Completion, Result, Task
from codepref.performance.config import MeasurePerformanceConfig

STEPS = 20_000  # about a millisecond of CPU; a call must stand out from the start of a process
SCORES = [20.0, 60.0, 100.0]


def loop(times: int, *, before: str = "") -> str:
    """Give a program that takes so many times the steps of the fastest reference."""
    body = f"    total = 0\n    for step in range(n * {times}):\n        total += step\n"
    return f"{before}\ndef f(n):\n{body}    return total\n"


TASK = Task(
    task_id="HumanEval/0",
    benchmark="evalperf",
    text="",
    prompt_code="",
    entry_point="f",
    canonical_solution=loop(1),
    test="",
    base_inputs="[[1]]",
    plus_inputs="[]",
    atol=0.0,
    performance_inputs=f"[[{STEPS}]]",
    references=[loop(16), loop(4), loop(1)],
    reference_scores=SCORES,
)


def make_config(**changes: Any) -> MeasurePerformanceConfig:
    """Give small limits, with some of them changed."""
    values = {
        "isolation": "auto",
        "pool": "local",
        "workers": 1,
        "cpu_limit_s": 1,
        "memory_limit_mib": 512,
        "output_limit_kib": 1024,
        "repeats": 1,
        "counter": "cpu_time",
        "rounds": 5,
        "tolerance": {"instructions": 0.0, "cpu_time": 0.5},
        "min_correct": 1,
        "max_profile": 20,
        "confidence": 0.95,
        "resamples": 100,
        "resampling_seed": 0,
    }
    return MeasurePerformanceConfig.model_validate({**values, **changes})


def answer(
    solution: str, index: int = 0, *, variant: str = "baseline", task_id: str = "HumanEval/0"
) -> Completion:
    return Completion(
        completion_id=f"{variant} {task_id} {index}",
        variant=variant,
        benchmark="evalperf",
        task_id=task_id,
        sample_index=index,
        wording="complete",
        prompt="",
        completion=solution,
        solution=solution,
        finish_reason="stop",
        n_tokens=1,
        policy_digest=f"digest of {variant}",
        engine="fake",
        seed=0,
    )


def results_of(completions: Sequence[Completion], *, failing: Sequence[str] = ()) -> list[Result]:
    """Give results under which all pass but those named."""
    return [
        Result(
            completion_id=row.completion_id,
            variant=row.variant,
            benchmark=row.benchmark,
            task_id=row.task_id,
            sample_index=row.sample_index,
            wording=row.wording,
            score=float(row.completion_id not in failing),
            verdict="failed" if row.completion_id in failing else "passed",
            tests_passed=1,
            tests_total=1,
            failure="",
            mode="call",
            isolation="none",
            environment_digest="",
        )
        for row in completions
    ]
