"""Completions to results: every program against the tests of its benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.calling import Runs, judge_by_calls
from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.expected import Reference, call_canonicals
from codepref.benchmarks.judging import Judgement, Program, judge_by_check
from codepref.benchmarks.rows import Completion, Result, Task
from codepref.benchmarks.tasks import first_tasks
from codepref.errors import DataError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import Pool, run_jobs
from codepref.ledger import Ledger

PROGRAMS_AT_ONCE = 1024  # their jobs are in memory together


class Control(NamedTuple):
    """The canonical solution of one task, judged as a completion is.

    Attributes:
        skipped: one line for each input that it did not answer; no completion is judged by it.
    """

    task_id: str
    judgement: Judgement
    skipped: list[str]


class Scored(NamedTuple):
    """Results of one benchmark, and the control beside them."""

    results: list[Result]
    controls: list[Control]


def make_runs(config: ScoreBenchmarkConfig, pool: Pool, ledger: Ledger) -> Runs:
    """Bind limits, workers and ledger."""
    plus_config = config.model_copy(update={"cpu_limit_s": config.plus_cpu_limit_s})

    def base(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        return run_jobs(jobs, config, pool, ledger)

    def plus(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        return run_jobs(jobs, plus_config, pool, ledger)

    return Runs(base, plus)


def score_completions(
    tasks: Sequence[Task], completions: Sequence[Completion], runs: Runs
) -> Scored:
    """Judge the completions of one benchmark, and the canonical solutions of their tasks.

    Args:
        tasks: of the benchmark; those without completions are left out.
        completions: of any number of variants.
        runs: what runs the jobs.

    Raises:
        DataError: a completion answers a task that the benchmark does not have.
        SandboxError: a canonical solution could not be run.
    """
    by_id = {task.task_id: task for task in tasks}
    unknown = sorted({row.task_id for row in completions} - set(by_id))
    if unknown:
        raise DataError(
            f"{len(unknown)} tasks of the completions are not in the benchmark, first {unknown[0]};"
            " run fetch_benchmarks and sample_benchmark again"
        )
    answered = first_tasks([by_id[name] for name in {row.task_id for row in completions}], None)
    controls = [Program(task, task.canonical_solution) for task in answered]
    answers = {row.completion_id: Program(by_id[row.task_id], row.solution) for row in completions}
    programs = {program.program_id: program for program in [*controls, *answers.values()]}
    references = call_canonicals([task for task in answered if not task.test], runs.plus)
    judged: dict[str, Judgement] = {}
    for first in range(0, len(programs), PROGRAMS_AT_ONCE):
        some = list(programs.values())[first : first + PROGRAMS_AT_ONCE]
        judged |= _judge(some, references, runs)
    return Scored(
        [_result(row, judged[answers[row.completion_id].program_id]) for row in completions],
        [_control(program, judged[program.program_id], references) for program in controls],
    )


def _control(
    program: Program, judgement: Judgement, references: Mapping[str, Reference]
) -> Control:
    name = program.task.task_id
    return Control(name, judgement, references[name].skipped if name in references else [])


def _judge(
    programs: Sequence[Program], references: Mapping[str, Reference], runs: Runs
) -> dict[str, Judgement]:
    checked = [program for program in programs if program.task.test]
    called = [program for program in programs if not program.task.test]
    known = [program for program in called if references[program.task.task_id].calls]
    unknown = [program for program in called if not references[program.task.task_id].calls]
    return {
        **judge_by_check(checked, runs.base),
        **judge_by_calls(known, references, runs),
        **{program.program_id: _unknown(references[program.task.task_id]) for program in unknown},
    }


def _unknown(reference: Reference) -> Judgement:
    """Say that nothing is known: the canonical solution gave no value to compare with."""
    return Judgement(
        verdict="infra_error",
        tests_passed=0,
        tests_total=0,
        failure="the canonical solution answered no input",
        mode=reference.outcome.mode,
        isolation=reference.outcome.isolation,
        environment_digest=reference.outcome.environment_digest,
    )


def _result(row: Completion, judgement: Judgement) -> Result:
    return Result(
        completion_id=row.completion_id,
        variant=row.variant,
        benchmark=row.benchmark,
        task_id=row.task_id,
        sample_index=row.sample_index,
        **judgement._asdict(),
    )
