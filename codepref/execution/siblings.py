"""Responses against the tests that other responses to the same instruction brought.

Idea: CodeT (Chen et al. 2022, arXiv:2207.10397): solutions and tests that agree with many of each
other are more likely right. Here only the matrix is made; how to read it is a pair policy's choice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.responses import Work
from codepref.execution.rows import Agreement
from codepref.records import Json, content_id


def make_sibling_jobs(work: Sequence[Work]) -> list[Job]:
    """Give a job for each response and each of its siblings' tests, its own and equal ones once.

    Tests of another author can be kept apart from the program: they run in another process.
    """
    texts: dict[str, dict[str, str]] = {}
    for one in work:
        if one.self_written and (one.response.tests or "").strip():
            known = texts.setdefault(one.response.instruction_id, {})
            known.setdefault(one.tests_id, one.response.tests or "")
    return [
        one.jobs[0].model_copy(
            update={
                "job_id": f"{one.response.response_id} {tests_id}",
                "mode": "split",
                "tests": [text],
            }
        )
        for one in work
        if one.self_written
        for tests_id, text in texts.get(one.response.instruction_id, {}).items()
        if tests_id != one.tests_id
    ]


def make_agreements(
    outcomes: Iterable[tuple[Job, Outcome]], config: ExecutionConfig
) -> list[Agreement]:
    """Give one row per response and tests."""
    return [_agreement(job, outcome, config) for job, outcome in outcomes]


def count_agreements(agreements: Sequence[Agreement]) -> dict[str, Json]:
    """Count runs, and the verdicts they gave."""
    counts = Counter(row.verdict for row in agreements)
    return {"n_runs": len(agreements), "verdicts": dict(sorted(counts.items()))}


def _agreement(job: Job, outcome: Outcome, config: ExecutionConfig) -> Agreement:
    response_id, tests_id = job.job_id.split(" ")
    conditions: list[Json] = [outcome.mode, outcome.environment_digest, *config.conditions]
    return Agreement(
        agreement_id=content_id(response_id, tests_id, conditions),
        response_id=response_id,
        tests_id=tests_id,
        verdict=outcome.verdict,
        tests_passed=outcome.tests_passed,
        tests_total=outcome.tests_total,
        failure=outcome.failure,
    )
