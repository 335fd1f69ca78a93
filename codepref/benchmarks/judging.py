"""Programs for benchmark tasks, and what was found out about them."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from codepref.benchmarks.rows import Task
from codepref.benchmarks.solutions import given_code
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Verdict
from codepref.records import content_id

Run = Callable[[Sequence[Job]], Iterator[tuple[Job, Outcome]]]
"""Runs jobs, gives each with its outcome."""


class Program(NamedTuple):
    """One whole program that answers one task."""

    task: Task
    code: str

    @property
    def program_id(self) -> str:
        """Content id: equal programs for one task of one benchmark are judged once."""
        return content_id(self.task.benchmark, self.task.task_id, self.code)


class Judgement(NamedTuple):
    """What the tests of a benchmark said about one program; fields as in Result."""

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    mode: str
    isolation: str
    environment_digest: str


def judge_by_check(programs: Sequence[Program], run: Run) -> dict[str, Judgement]:
    """Judge by each task's own test text, which defines check(candidate).

    The text runs in another process than the program, with the helpers that the task itself gives.
    """
    outcomes = run([_check_job(program) for program in programs])
    return {job.job_id: judgement_of(outcome) for job, outcome in outcomes}


def judgement_of(outcome: Outcome) -> Judgement:
    """Take an outcome as it is."""
    return Judgement(
        outcome.verdict,
        outcome.tests_passed,
        outcome.tests_total,
        outcome.failure,
        outcome.mode,
        outcome.isolation,
        outcome.environment_digest,
    )


def _check_job(program: Program) -> Job:
    task = program.task
    return Job(
        job_id=program.program_id,
        mode="split",
        code=program.code,
        setup=given_code(task),
        # Four tasks of MBPP ask for a function that is itself named `check`.
        tests=[f"candidate = {task.entry_point}\n{task.test}\n\ncheck(candidate)\n"],
        self_written=False,
        entry_point=task.entry_point,
        inputs=[],
        whole=False,
    )
