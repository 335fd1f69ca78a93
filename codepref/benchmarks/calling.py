"""Judge programs by what they return: values leave the sandbox, the comparison is made here."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from codepref.benchmarks.expected import Call, Reference, call_job, call_whole, parts_of
from codepref.benchmarks.judging import Judgement, Program, Run
from codepref.benchmarks.oracles import is_right
from codepref.benchmarks.rows import Task
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Verdict
from codepref.execution.values import Hashed, Raised, decode, unpack

SHOWN_CHARS = 80
# Equal texts that need not mean equal values; and one task is judged by its root alone.
LOOK_CLOSER = re.compile(r'"(?:opaque|raised|float)"')
NO_EXPECTED_VALUE = "find_zero"  # HumanEval/32

Answer = Literal["right", "wrong", "open"]


class Runs(NamedTuple):
    """What runs jobs: plus inputs are many, so they have a limit of their own."""

    base: Run
    plus: Run


class _Part(NamedTuple):
    """One run of one program: some of the calls."""

    program: Program
    calls: list[Call]


class _Tally(NamedTuple):
    """How one run compares with what was expected.

    Attributes:
        unsettled: calls whose values are known by other hashes than the expected ones.
    """

    verdict: Verdict
    passed: int
    failure: str
    unsettled: list[Call]
    outcome: Outcome


def judge_by_calls(
    programs: Sequence[Program], references: Mapping[str, Reference], runs: Runs
) -> dict[str, Judgement]:
    """Judge each program on the base inputs, and on the plus inputs if it has those right.

    Args:
        programs: distinct.
        references: what the canonical solutions return, by task id.
        runs: what runs the jobs.

    Returns:
        Judgements by program id: passed says that base and plus inputs are right.
    """
    judged = _judge(programs, references, runs.base, base=True)
    right = [
        program
        for program in programs
        if judged[program.program_id].verdict == "passed"
        and not all(call.is_base for call in references[program.task.task_id].calls)
    ]
    for name, plus in _judge(right, references, runs.plus, base=False).items():
        base = judged[name]
        judged[name] = plus._replace(
            tests_passed=base.tests_passed + plus.tests_passed, tests_total=base.tests_total
        )
    return judged


def _judge(
    programs: Sequence[Program], references: Mapping[str, Reference], run: Run, *, base: bool
) -> dict[str, Judgement]:
    parts: dict[str, _Part] = {}
    jobs: list[Job] = []
    # What takes long comes first, or one worker has it at the end while the others wait.
    cost = {name: reference.outcome.usage.cpu_s for name, reference in references.items()}
    for program in sorted(programs, key=lambda p: -cost[p.task.task_id]):
        wanted = [c for c in references[program.task.task_id].calls if c.is_base == base]
        # A program is run even where no input of this kind is left, so that it has a verdict.
        for number, calls in enumerate(parts_of(wanted) or [[]]):
            jobs.append(call_job(program, calls, f"{'base' if base else 'plus'} {number}"))
            parts[jobs[-1].job_id] = _Part(program, calls)
    tallies: dict[str, list[_Tally]] = {program.program_id: [] for program in programs}
    for job, outcome in run(jobs):
        program, calls = parts[job.job_id]
        tallies[program.program_id].append(_tally(program.task, calls, outcome))
    totals = {task_id: len(reference.calls) for task_id, reference in references.items()}
    return {
        program.program_id: _sum(
            [_settled(program, tally, run) for tally in tallies[program.program_id]],
            totals[program.task.task_id],
        )
        for program in programs
    }


def _tally(task: Task, calls: Sequence[Call], outcome: Outcome) -> _Tally:
    """Compare one run's values, and name the first input that is wrong."""
    verdict, failure, passed = outcome.verdict, outcome.failure, 0
    unsettled = []
    for call, text in zip(calls, outcome.values, strict=False):
        answer = _compare(task, call, text, call.expected)
        if answer == "right":
            passed += 1
        elif answer == "open":
            unsettled.append(call)
        elif verdict == "passed":
            verdict = "error" if text.startswith('{"raised"') else "failed"
            failure = _describe(call, text, call.expected)
    if verdict == "passed" and len(outcome.values) < len(calls):
        verdict, failure = "failed", f"{len(outcome.values)} of {len(calls)} calls came back"
    return _Tally(verdict, passed, failure, unsettled, outcome)


def _compare(task: Task, call: Call, text: str, expected: str) -> Answer:
    if text == expected and task.entry_point != NO_EXPECTED_VALUE and not LOOK_CLOSER.search(text):
        return "right"
    found, wanted = decode(text), decode(expected)
    if isinstance(found, Raised):
        return "wrong"
    if isinstance(found, Hashed) or isinstance(wanted, Hashed):
        return "open"
    return "right" if is_right(task, unpack(call.packed), found, wanted) else "wrong"


def _settled(program: Program, tally: _Tally, run: Run) -> _Tally:
    """Ask for whole values where all depends on them: other hashes may be of equal values."""
    if not tally.unsettled or tally.verdict != "passed":
        return tally._replace(unsettled=[])
    expected = call_whole(program.task, tally.unsettled, run)
    jobs = [call_job(program, [c], f"whole {c.label}", whole=True) for c in tally.unsettled]
    verdict: Verdict = tally.verdict
    failure, passed = tally.failure, tally.passed
    for call, (_, outcome) in zip(tally.unsettled, run(jobs), strict=True):
        text, wanted = "".join(outcome.values), expected.get(call.label)
        if wanted is None:
            if verdict == "passed":
                verdict, failure = "infra_error", f"{call.label}: its value is too large to compare"
        elif text and _compare(program.task, call, text, wanted) == "right":
            passed += 1
        elif verdict == "passed":
            verdict = "failed" if outcome.verdict == "passed" else outcome.verdict
            failure = outcome.failure or _describe(call, text, wanted)
    return tally._replace(verdict=verdict, failure=failure, passed=passed, unsettled=[])


def _describe(call: Call, text: str, expected: str) -> str:
    found = decode(text)
    if isinstance(found, Raised):
        return f"{call.label}: raised {found.type_name}"
    return f"{call.label}: expected {_shown(expected)}, found {_shown(text)}"


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
