"""Completions to results: every program against the tests of its benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codepref.benchmarks.calling import Runs, judge_by_calls
from codepref.benchmarks.config import Rules, ScoreBenchmarkConfig
from codepref.benchmarks.expected import Reference, call_canonicals
from codepref.benchmarks.judging import Judgement, Program, Run, judge_by_check
from codepref.benchmarks.rates import UNSCORED
from codepref.benchmarks.rows import Completion, Result, Task
from codepref.benchmarks.tasks import first_tasks
from codepref.errors import DataError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import Pool, run_jobs
from codepref.ledger import Ledger

PROGRAMS_AT_ONCE = 1024  # their jobs are in memory together
NEVER_PASSED = ("humaneval_plus", "HumanEval/32")  # by EvalPlus 0.3.1, mended in 6eb1e19


class Control(NamedTuple):
    """The canonical solution of one task, judged as a completion is.

    Attributes:
        skipped: one line for each input that it did not answer; no completion is judged by it.
        judged_again: whether it failed beside others, so that its task was judged again alone.
    """

    task_id: str
    judgement: Judgement
    skipped: list[str]
    judged_again: bool


class Scored(NamedTuple):
    """Results of one benchmark, and the control beside them."""

    results: list[Result]
    controls: list[Control]


class Harness(NamedTuple):
    """What judges: together, as is usual, and alone, one program at a time and nothing from before.

    Attributes:
        rules: of ScoreBenchmarkConfig.
    """

    together: Runs
    alone: Runs
    rules: Rules


@contextmanager
def open_harness(config: ScoreBenchmarkConfig, pool: Pool, ledger: Ledger) -> Iterator[Harness]:
    """Give what judges programs under the limits of params."""
    with TemporaryDirectory() as folder, closing(Ledger(Path(folder) / "alone.sqlite")) as anew:
        alone = make_runs(config, pool, anew)
        yield Harness(
            make_runs(config, pool, ledger),
            Runs(one_by_one(alone.base), one_by_one(alone.plus)),
            config.rules,
        )


def one_by_one(run: Run) -> Run:
    """Run each job when the one before has ended."""

    def alone(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            yield from run([job])

    return alone


def make_runs(config: ScoreBenchmarkConfig, pool: Pool, ledger: Ledger) -> Runs:
    """Bind limits, workers and ledger."""
    plus_config = config.model_copy(update={"cpu_limit_s": config.plus_cpu_limit_s})

    def base(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        return run_jobs(jobs, config, pool, ledger)

    def plus(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        return run_jobs(jobs, plus_config, pool, ledger)

    return Runs(base, plus)


def score_completions(
    tasks: Sequence[Task], completions: Sequence[Completion], harness: Harness
) -> Scored:
    """Judge the completions of one benchmark, and the canonical solutions of their tasks.

    A task whose canonical solution fails, or met a limit, is judged again alone. Where it fails
    even so, nothing is known of the answers to that task: their verdict is "infra_error".

    Args:
        tasks: of the benchmark; those without completions are left out.
        completions: of any number of variants.
        harness: what judges.

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
    answers = {row.completion_id: Program(by_id[row.task_id], row.solution) for row in completions}
    first = _judge_tasks(answered, list(answers.values()), harness.together)
    failing = {c.task_id for c in first.controls if c.judgement.verdict != "passed"}
    failing |= {name for name, found in first.references.items() if found.ended_early}
    again = [task for task in answered if task.task_id in failing]
    second = _judge_tasks(
        again, [p for p in answers.values() if p.task.task_id in failing], harness.alone
    )
    lost = {c.task_id: c.judgement for c in second.controls if c.judgement.verdict != "passed"}
    judged = first.judged | second.judged
    return Scored(
        [
            _result(row, _final(judged[answers[row.completion_id].program_id], row, lost, harness))
            for row in completions
        ],
        [
            *(control for control in first.controls if control.task_id not in failing),
            *(control._replace(judged_again=True) for control in second.controls),
        ],
    )


class _Judged(NamedTuple):
    """Judgements by program id, the controls among them, and what canonical solutions gave."""

    judged: dict[str, Judgement]
    controls: list[Control]
    references: Mapping[str, Reference]


def _judge_tasks(tasks: Sequence[Task], answers: Sequence[Program], runs: Runs) -> _Judged:
    controls = [Program(task, task.canonical_solution) for task in tasks]
    programs = {program.program_id: program for program in [*controls, *answers]}
    references = call_canonicals([task for task in tasks if not task.test], runs.plus)
    judged: dict[str, Judgement] = {}
    for first in range(0, len(programs), PROGRAMS_AT_ONCE):
        some = list(programs.values())[first : first + PROGRAMS_AT_ONCE]
        judged |= _judge(some, references, runs)
    found = [_control(program, judged[program.program_id], references) for program in controls]
    return _Judged(judged, found, references)


def _final(
    judgement: Judgement, row: Completion, lost: Mapping[str, Judgement], harness: Harness
) -> Judgement:
    """Give what counts: by the control, and by the rules that params ask for."""
    if row.task_id in lost:
        failure = f"the canonical solution fails too: {lost[row.task_id].verdict}"
        return judgement._replace(verdict="infra_error", failure=failure)
    if harness.rules == "evalplus_0.3.1" and (row.benchmark, row.task_id) == NEVER_PASSED:
        return judgement._replace(verdict="failed", failure="EvalPlus 0.3.1 passes no answer")
    return judgement


def _control(
    program: Program, judgement: Judgement, references: Mapping[str, Reference]
) -> Control:
    name = program.task.task_id
    skipped = references[name].skipped if name in references else []
    return Control(name, judgement, skipped, judged_again=False)


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
    scored = judgement.verdict != UNSCORED
    return Result(
        completion_id=row.completion_id,
        variant=row.variant,
        benchmark=row.benchmark,
        task_id=row.task_id,
        sample_index=row.sample_index,
        wording=row.wording,
        score=float(judgement.verdict == "passed") if scored else None,
        **judgement._asdict(),
    )
