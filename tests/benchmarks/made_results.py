"""Results of one benchmark, made up for tests."""

from codepref.benchmarks.rows import Result, Wording
from codepref.execution.rows import Verdict


def result(
    task_id: str,
    verdict: Verdict,
    *,
    index: int = 0,
    variant: str = "baseline",
    wording: Wording = "complete",
) -> Result:
    return Result(
        completion_id=f"{variant}-{task_id}-{wording}-{index}",
        variant=variant,
        benchmark="humaneval",
        task_id=task_id,
        sample_index=index,
        wording=wording,
        score=None if verdict == "infra_error" else float(verdict == "passed"),
        verdict=verdict,
        tests_passed=0,
        tests_total=1,
        failure="",
        mode="check",
        isolation="none",
        environment_digest="",
    )
