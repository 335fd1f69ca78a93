"""Responses against their tests: jobs from rows, rows from outcomes, counts of both."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from codepref.errors import DataError
from codepref.execution.cases import Case, read_cases
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Execution, Verdict
from codepref.execution.stdio import compare, join_outcomes
from codepref.records import Json, content_id
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
TestOrigin = Literal["given", "self_written"]


class Work(NamedTuple):
    """A response and what judges it.

    Attributes:
        tests_id: digest of the tests.
        cases: what each job must print, in mode stdio; else empty.
        jobs: one, or one for each case.
    """

    response: Response
    tests_id: str
    self_written: bool
    cases: list[Case]
    jobs: list[Job]


def make_work(responses: Sequence[Response], instructions: Sequence[Instruction]) -> list[Work]:
    """Give what judges each response: the instruction's tests, or its own where there are none.

    Given tests run in another process than the program (mode split), or are compared with what it
    prints (stdio); a response's own run in its process (script).

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
    return [_work(response, by_id[response.instruction_id]) for response in responses]


def make_executions(
    work: Sequence[Work], outcomes: Iterable[tuple[Job, Outcome]], config: ExecutionConfig
) -> list[Execution]:
    """Give one row per response.

    Args:
        work: what was run.
        outcomes: of all its jobs, in order.
        config: limits of the runs.
    """
    stream = (outcome for _, outcome in outcomes)
    rows = []
    for one in work:
        found = [next(stream) for _ in one.jobs]
        if one.cases:
            judged = [compare(*pair) for pair in zip(one.cases, found, strict=True)]
            found = [join_outcomes(judged)]
        rows.append(_execution(one, found[0], config))
    return rows


def count_executions(work: Sequence[Work], executions: Sequence[Execution]) -> dict[str, Json]:
    """Count verdicts, over all responses and by where their tests are from.

    pass_rate is passed / responses, null where there are none; n_flagged counts programs that
    could reach into tests beside them, n_truncated answers that the token limit cut off, and modes
    how verdicts were reached.
    """
    origins: dict[TestOrigin, set[str]] = {
        "given": {one.response.response_id for one in work if not one.self_written},
        "self_written": {one.response.response_id for one in work if one.self_written},
    }
    truncated = {w.response.response_id for w in work if w.response.finish_reason == "length"}
    modes = Counter(row.mode for row in executions)
    return {
        **_count(executions),
        "tests": {
            origin: _count([row for row in executions if row.response_id in ids])
            for origin, ids in origins.items()
        },
        "modes": {mode: modes[mode] for mode in ("split", "stdio", "script")},
        "n_truncated": len(truncated),
        "n_truncated_passed": sum(
            row.verdict == "passed" for row in executions if row.response_id in truncated
        ),
        "n_flagged": sum(bool(row.flags) for row in executions),
    }


def _work(response: Response, instruction: Instruction) -> Work:
    given = bool(instruction.tests)
    tests = instruction.tests if given else [response.tests or ""]
    cases = (read_cases(tests) or []) if given else []
    job = Job(
        job_id=response.response_id,
        mode="split" if given else "script",
        code=response.solution,
        setup=instruction.test_setup if given else "",
        tests=tests,
        self_written=not given,
        entry_point=instruction.entry_point or "",
        inputs=[],
        whole=False,
    )
    jobs = [_stdio_job(job, number, case) for number, case in enumerate(cases)] or [job]
    tests_id = content_id(job.setup, tests, not given)
    return Work(response, tests_id, self_written=not given, cases=cases, jobs=jobs)


def _stdio_job(job: Job, number: int, case: Case) -> Job:
    changes = {
        "job_id": f"{job.job_id} {number}",
        "mode": "stdio",
        "setup": "",
        "tests": [],
        "entry_point": "",
        "inputs": [case.stdin.encode("utf-8", errors="strict")],
    }
    return job.model_copy(update=changes)


def _execution(work: Work, outcome: Outcome, config: ExecutionConfig) -> Execution:
    conditions: list[Json] = [outcome.mode, outcome.environment_digest, *config.conditions]
    response_id = work.response.response_id
    return Execution(
        execution_id=content_id(response_id, work.tests_id, conditions),
        response_id=response_id,
        tests_id=work.tests_id,
        verdict=outcome.verdict,
        tests_passed=outcome.tests_passed,
        tests_total=outcome.tests_total,
        failure=outcome.failure,
        stderr_tail=outcome.stderr_tail,
        flags=outcome.flags,
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
