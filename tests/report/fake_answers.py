"""Completions and results of a finished study, as its stages write them."""

from collections.abc import Sequence

from codepref.benchmarks.rows import Benchmark, Completion, Result, Wording
from codepref.execution.rows import Verdict
from codepref.grid import Grid
from codepref.lineage.leaf import leaves, programs
from codepref.report.answers import Answer, join_answers

TASKS = ("HumanEval/10", "HumanEval/2")


def make_answers(grid: Grid, tasks: Sequence[str] = TASKS) -> list[Answer]:
    """Give one passing answer of each leaf to each task of each program benchmark."""
    return [
        answer(leaf.start_key, leaf.variant, task, benchmark=benchmark)
        for benchmark in programs(grid)
        for leaf in leaves(grid)
        for task in tasks
    ]


def answer(  # noqa: PLR0913  # what a test may set
    start_key: str,
    variant: str,
    task_id: str,
    verdict: Verdict = "passed",
    *,
    benchmark: Benchmark = "humaneval",
    sample_index: int = 0,
    wording: Wording = "complete",
    prompt: str = "Add two numbers.",
    text: str = "def add(a, b):\n    return a + b",
    failure: str = "",
) -> Answer:
    """Give one answer with its result."""
    name = f"{start_key}/{variant}/{benchmark}/{task_id}/{wording}/{sample_index}"
    completion = Completion(
        completion_id=name,
        variant=variant,
        benchmark=benchmark,
        task_id=task_id,
        sample_index=sample_index,
        wording=wording,
        prompt=prompt,
        completion=text,
        solution=text,
        finish_reason="stop",
        n_tokens=2,
        policy_digest="d1",
        engine="fake 1",
        seed=1,
    )
    result = Result(
        completion_id=name,
        variant=variant,
        benchmark=benchmark,
        task_id=task_id,
        sample_index=sample_index,
        wording=wording,
        score=None if verdict == "infra_error" else float(verdict == "passed"),
        verdict=verdict,
        tests_passed=int(verdict == "passed"),
        tests_total=1,
        failure=failure,
        mode="check",
        isolation="bubblewrap",
        environment_digest="env",
    )
    (found,) = join_answers(start_key, [completion], [result])
    return found
