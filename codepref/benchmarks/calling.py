"""Judge programs by what they return: values leave the sandbox, the comparison is made here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.expected import Call, Reference, call_job, parts_of
from codepref.benchmarks.judging import Judgement, Program, Run
from codepref.benchmarks.oracles import is_right
from codepref.benchmarks.rows import Task
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Verdict
from codepref.execution.values import Raised, decode

SHOWN_CHARS = 80


class _Part(NamedTuple):
    """One run of one program: some of the calls."""

    program: Program
    calls: list[Call]
    job: Job


class _Tally(NamedTuple):
    """How one run compares with what was expected."""

    verdict: Verdict
    passed: int
    failure: str
    outcome: Outcome


def judge_by_calls(
    programs: Sequence[Program], references: Mapping[str, Reference], run_base: Run, run_plus: Run
) -> dict[str, Judgement]:
    """Judge each program on the base inputs, and on the plus inputs if it has those right.

    Args:
        programs: distinct.
        references: what the canonical solutions return, by task id.
        run_base: runs the jobs of base inputs.
        run_plus: runs the jobs of plus inputs, with a limit of their own.

    Returns:
        Judgements by program id: passed says that base and plus inputs are right.
    """
    judged = _judge(programs, references, run_base, base=True)
    right = [
        program
        for program in programs
        if judged[program.program_id].verdict == "passed"
        and not all(call.is_base for call in references[program.task.task_id].calls)
    ]
    for name, plus in _judge(right, references, run_plus, base=False).items():
        base = judged[name]
        judged[name] = plus._replace(
            tests_passed=base.tests_passed + plus.tests_passed, tests_total=base.tests_total
        )
    return judged


def _judge(
    programs: Sequence[Program], references: Mapping[str, Reference], run: Run, *, base: bool
) -> dict[str, Judgement]:
    parts = [
        part
        for program in programs
        for part in _parts(program, references[program.task.task_id], base=base)
    ]
    outcomes = run([part.job for part in parts])
    tallies: dict[str, list[_Tally]] = {}
    for part in parts:
        outcome = outcomes[part.job.job_id]
        tallies.setdefault(part.program.program_id, []).append(
            _tally(part.program.task, part.calls, outcome)
        )
    totals = {task_id: len(reference.calls) for task_id, reference in references.items()}
    return {
        program.program_id: _sum(tallies[program.program_id], totals[program.task.task_id])
        for program in programs
    }


def _parts(program: Program, reference: Reference, *, base: bool) -> list[_Part]:
    wanted = [call for call in reference.calls if call.is_base == base]
    # A program is run even where no input of this kind is left, so that it has a verdict.
    parts = parts_of(wanted) or [[]]
    kind = "base" if base else "plus"
    return [
        _Part(program, calls, _numbered(call_job(program, [c.arguments for c in calls]), kind, i))
        for i, calls in enumerate(parts)
    ]


def _numbered(job: Job, kind: str, number: int) -> Job:
    return job.model_copy(update={"job_id": f"{job.job_id}-{kind}-{number}"})


def _tally(task: Task, calls: Sequence[Call], outcome: Outcome) -> _Tally:
    """Compare one run's values, and name the first input that is wrong."""
    verdict, failure, passed = outcome.verdict, outcome.failure, 0
    for call, text in zip(calls, outcome.values, strict=False):
        found = decode(text)
        if is_right(task, call.arguments, found, decode(call.expected)):
            passed += 1
        elif verdict == "passed":
            verdict = "error" if isinstance(found, Raised) else "failed"
            failure = _describe(call, text, found)
    if verdict == "passed" and passed < len(calls):
        verdict, failure = "failed", f"{len(outcome.values)} of {len(calls)} calls came back"
    return _Tally(verdict, passed, failure, outcome)


def _describe(call: Call, text: str, found: object) -> str:
    if isinstance(found, Raised):
        return f"{call.label}: raised {found.type_name}"
    return f"{call.label}: expected {_shown(call.expected)}, found {_shown(text)}"


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."


def _sum(tallies: Sequence[_Tally], total: int) -> Judgement:
    worst = next((tally for tally in tallies if tally.verdict != "passed"), tallies[-1])
    return Judgement(
        verdict=worst.verdict,
        tests_passed=sum(tally.passed for tally in tallies),
        tests_total=total,
        failure=worst.failure,
        mode=worst.outcome.mode,
        isolation=worst.outcome.isolation,
        environment_digest=worst.outcome.environment_digest,
    )
