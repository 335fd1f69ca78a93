"""Small tasks, made up for tests."""

import json
from typing import Any

from codepref.benchmarks.rows import Benchmark, Completion, Task, Wording


def called_task(
    canonical: str,
    *,
    base: list[list[Any]],
    plus: list[list[Any]] | None = None,
    entry_point: str = "f",
    atol: float = 0.0,
    benchmark: Benchmark = "humaneval_plus",
) -> Task:
    return Task(
        task_id="Mbpp/1" if benchmark == "mbpp_plus" else "HumanEval/0",
        benchmark=benchmark,
        text="",
        prompt_code="",
        entry_point=entry_point,
        canonical_solution=canonical,
        test="",
        base_inputs=json.dumps(base),
        plus_inputs=json.dumps(plus or []),
        atol=atol,
    )


def checked_task(*, prompt: str, body: str, test: str, task_id: str = "HumanEval/0") -> Task:
    return Task(
        task_id=task_id,
        benchmark="humaneval",
        text=f"Complete\n{prompt}",
        prompt_code=prompt,
        entry_point="f",
        canonical_solution=prompt + body,
        test=test,
        base_inputs="",
        plus_inputs="",
        atol=0.0,
    )


def completion(
    task: Task,
    solution: str,
    *,
    variant: str = "baseline",
    index: int = 0,
    wording: Wording = "complete",
) -> Completion:
    return Completion(
        completion_id=f"{variant}-{task.benchmark}-{task.task_id}-{wording}-{index}",
        variant=variant,
        benchmark=task.benchmark,
        task_id=task.task_id,
        sample_index=index,
        wording=wording,
        prompt="",
        completion=solution,
        solution=solution,
        finish_reason="stop",
        n_tokens=1,
        policy_digest=f"digest of {variant}",
        engine="fake",
        seed=0,
    )
