"""Completions to results: every program against the tests of its benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from codepref.benchmarks.calling import judge_by_calls
from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.expected import Reference, call_canonicals
from codepref.benchmarks.judging import Judgement, Program, Run, judge_by_check
from codepref.benchmarks.rows import Completion, Result, Task
from codepref.benchmarks.tasks import first_tasks
from codepref.errors import DataError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import run_jobs
from codepref.ledger import Ledger

TASKS_AT_ONCE = 16  # expected values of a few tasks take 100 MB
PROGRAMS_PER_WORKER = 16

ItemT = TypeVar("ItemT")


class Runners(NamedTuple):
    """How jobs are run: plus inputs are many, so they have a limit of their own."""

    base: Run
    plus: Run


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


def make_runners(config: ScoreBenchmarkConfig, ledger: Ledger) -> Runners:
    """Bind limits and ledger."""
    plus_config = config.model_copy(update={"cpu_limit_s": config.plus_cpu_limit_s})

    def base(jobs: Sequence[Job]) -> Mapping[str, Outcome]:
        return run_jobs(jobs, config, ledger)

    def plus(jobs: Sequence[Job]) -> Mapping[str, Outcome]:
        return run_jobs(jobs, plus_config, ledger)

    return Runners(base, plus)


def score_completions(
    tasks: Sequence[Task], completions: Sequence[Completion], runners: Runners, workers: int
) -> Scored:
    """Judge the completions of one benchmark, and the canonical solutions of their tasks.

    Args:
        tasks: of the benchmark; those without completions are left out.
        completions: of any number of variants.
        runners: what runs the jobs.
        workers: programs at a time.

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
    answered = {row.task_id for row in completions}
    results: list[Result] = []
    controls: list[Control] = []
    for some in batches(first_tasks([by_id[name] for name in answered], None), TASKS_AT_ONCE):
        names = {task.task_id for task in some}
        rows = [row for row in completions if row.task_id in names]
        scored = _score_batch(some, rows, runners, workers)
        results += scored.results
        controls += scored.controls
    return Scored(results, controls)


def batches(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """Cut a sequence into runs of at most `size` items."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _score_batch(
    tasks: Sequence[Task], completions: Sequence[Completion], runners: Runners, workers: int
) -> Scored:
    by_id = {task.task_id: task for task in tasks}
    controls = {task.task_id: Program(task, task.canonical_solution) for task in tasks}
    answers = {row.completion_id: Program(by_id[row.task_id], row.solution) for row in completions}
    programs = {program.program_id: program for program in [*controls.values(), *answers.values()]}
    called = [task for task in tasks if not task.test]
    references = call_canonicals(called, runners.plus)
    judged: dict[str, Judgement] = {}
    for some in batches(list(programs.values()), workers * PROGRAMS_PER_WORKER):
        judged |= _judge(some, references, runners)
    return Scored(
        [_result(row, judged[answers[row.completion_id].program_id]) for row in completions],
        [
            Control(
                name,
                judged[program.program_id],
                references[name].skipped if name in references else [],
            )
            for name, program in controls.items()
        ],
    )


def _judge(
    programs: Sequence[Program], references: Mapping[str, Reference], runners: Runners
) -> dict[str, Judgement]:
    checked = [program for program in programs if program.task.test]
    called = [program for program in programs if not program.task.test]
    known = [program for program in called if references[program.task.task_id].calls]
    unknown = [program for program in called if not references[program.task.task_id].calls]
    return {
        **judge_by_check(checked, runners.base),
        **judge_by_calls(known, references, runners.base, runners.plus),
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
