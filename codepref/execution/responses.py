"""Responses against their tests: jobs from rows, rows from outcomes, counts of both."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from codepref.errors import DataError
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import REPEATED
from codepref.execution.rows import Execution, Verdict
from codepref.records import Json, content_id
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
TestOrigin = Literal["given", "self_written"]


def make_jobs(responses: Sequence[Response], instructions: Sequence[Instruction]) -> list[Job]:
    """Give one job per response: against the instruction's tests, or its own where there are none.

    Raises:
        DataError: a response answers an instruction that is not there.
    """
    by_id = {instruction.instruction_id: instruction for instruction in instructions}
    unknown = sorted({r.response_id for r in responses if r.instruction_id not in by_id})
    if unknown:
        raise DataError(
            f"{len(unknown)} responses answer an instruction that is not in the table, first "
            f"{unknown[0]}; sample the responses again"
        )
    return [_job(response, by_id[response.instruction_id]) for response in responses]


def make_executions(
    jobs: Sequence[Job], outcomes: Mapping[str, Outcome], config: ExecutionConfig
) -> list[Execution]:
    """Give one row per job."""
    return [_execution(job, outcomes[job.job_id], config) for job in jobs]


def count_executions(
    jobs: Sequence[Job], executions: Sequence[Execution], responses: Sequence[Response]
) -> dict[str, Json]:
    """Count verdicts, over all responses and by where their tests are from.

    pass_rate is passed / responses, null where there are none; n_run_twice counts programs whose
    verdict had to be the same again; n_truncated the answers that the token limit cut off.
    """
    origins: dict[TestOrigin, set[str]] = {
        "given": {job.job_id for job in jobs if not job.self_written},
        "self_written": {job.job_id for job in jobs if job.self_written},
    }
    truncated = {row.response_id for row in responses if row.finish_reason == "length"}
    repeated = (*REPEATED, "flaky")
    return {
        **_count(executions),
        "tests": {
            origin: _count([row for row in executions if row.response_id in ids])
            for origin, ids in origins.items()
        },
        "n_truncated": len(truncated),
        "n_truncated_passed": sum(
            row.verdict == "passed" for row in executions if row.response_id in truncated
        ),
        "n_run_twice": sum(row.verdict in repeated for row in executions),
    }


def _job(response: Response, instruction: Instruction) -> Job:
    given = bool(instruction.tests)
    return Job(
        job_id=response.response_id,
        mode="script",
        code=response.solution,
        setup=instruction.test_setup,
        tests=instruction.tests if given else [response.tests or ""],
        self_written=not given,
        entry_point=instruction.entry_point or "",
        inputs=[],
    )


def _execution(job: Job, outcome: Outcome, config: ExecutionConfig) -> Execution:
    tests_id = content_id(job.setup, job.tests, job.self_written)
    limits: list[Json] = [config.cpu_limit_s, config.memory_limit_mib, config.output_limit_kib]
    conditions = [job.mode, outcome.environment_digest, *limits, config.repeats]
    return Execution(
        execution_id=content_id(job.job_id, tests_id, conditions),
        response_id=job.job_id,
        tests_id=tests_id,
        verdict=outcome.verdict,
        tests_passed=outcome.tests_passed,
        tests_total=outcome.tests_total,
        failure=outcome.failure,
        stderr_tail=outcome.stderr_tail,
        mode=outcome.mode,
        isolation=outcome.isolation,
        cpu_limit_s=config.cpu_limit_s,
        memory_limit_mib=config.memory_limit_mib,
        environment_digest=outcome.environment_digest,
    )


def _count(executions: Sequence[Execution]) -> dict[str, Json]:
    counts = Counter(row.verdict for row in executions)
    return {
        "n_responses": len(executions),
        "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        "pass_rate": counts["passed"] / len(executions) if executions else None,
    }
