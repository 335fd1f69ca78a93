"""Inputs of a task, and the values that its canonical solution returns for them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.inputs import Input, read_inputs
from codepref.benchmarks.judging import Program, Run
from codepref.benchmarks.rows import Task
from codepref.errors import SandboxError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import UNSETTLED
from codepref.execution.values import Raised, decode

CALLS_PER_PART = 16
ENDED_EARLY = (*("timeout", "output_limit", "out_of_memory", "crashed", "early_exit"),)


class Call(NamedTuple):
    """One input of a task, and what the canonical solution returns for it.

    Attributes:
        expected: the value's text, or the text of its hash.
        part: names the calls that one run of the canonical solution answered within the limits.
    """

    label: str
    packed: bytes
    expected: str
    part: str

    @property
    def is_base(self) -> bool:
        """Whether the input is one of the original benchmark's."""
        return self.label.startswith("base")


class Reference(NamedTuple):
    """What the canonical solution of one task did.

    Attributes:
        calls: inputs that it answered, in order, base inputs first.
        skipped: one line for each input that it did not answer within the limits.
        outcome: of its last run; an input that raised, or ended the run at its start, is skipped.
        ended_early: whether a limit cost an input, which a busy machine can do too.
    """

    calls: list[Call]
    skipped: list[str]
    outcome: Outcome
    ended_early: bool = False


def call_canonicals(tasks: Sequence[Task], run: Run) -> dict[str, Reference]:
    """Run each task's canonical solution on all of its inputs, in as many parts as it needs.

    An input that brings a run to an early end is tried again at the head of the next run, and
    skipped if it fails there too. References are by task id.

    Raises:
        SandboxError: the harness failed, so nothing is known of the inputs.
    """
    found: dict[str, Reference] = {}
    given = read_inputs(tasks, run)
    asked = [(task, given[task.task_id].known) for task in tasks]
    # Inputs were generated within a time for each task, so few of them mean that each takes long;
    # and what takes long comes first, or one worker has it at the end while the others wait.
    asked.sort(key=lambda pair: len(pair[1]))
    pending = {task.task_id: (task, inputs) for task, inputs in asked}
    while pending:
        some, pending = pending, {}
        jobs = [_canonical_job(task, inputs) for task, inputs in some.values()]
        for (task, inputs), (_, outcome) in zip(some.values(), run(jobs), strict=True):
            done = _read_values(task, inputs, outcome)
            unread = given[task.task_id].skipped
            before = found.get(task.task_id, Reference([], unread, outcome))
            found[task.task_id] = Reference(
                before.calls + done.calls,
                before.skipped + done.skipped,
                outcome,
                ended_early=before.ended_early or done.ended_early,
            )
            rest = inputs[len(done.calls) + len(done.skipped) :]
            if rest:
                pending[task.task_id] = (task, rest)
    return found


def call_whole(task: Task, calls: Sequence[Call], run: Run) -> Mapping[str, str]:
    """Give the canonical solution's whole values, by label, for those of the calls it can give.

    Raises:
        SandboxError: the harness failed, so nothing is known of the values.
    """
    program = Program(task, task.canonical_solution)
    jobs = [call_job(program, [call], f"whole {call.label}", whole=True) for call in calls]
    found = {}
    for call, (_, outcome) in zip(calls, run(jobs), strict=True):
        _require_settled(task, outcome)
        if outcome.values:
            found[call.label] = outcome.values[0]
    return found


def call_job(
    program: Program, inputs: Sequence[Input | Call], name: str, *, whole: bool = False
) -> Job:
    """Give the job that calls a program with some inputs; its id ends with a name."""
    return Job(
        job_id=f"{program.program_id} {name}",
        mode="call",
        code=program.code,
        setup="",
        tests=[],
        self_written=False,
        entry_point=program.task.entry_point,
        inputs=[given.packed for given in inputs],
        whole=whole,
    )


def parts_of(calls: Sequence[Call]) -> list[list[Call]]:
    """Split calls into runs as the canonical solution needed them."""
    parts: dict[str, list[Call]] = {}
    for call in calls:
        parts.setdefault(call.part, []).append(call)
    return list(parts.values())


def _canonical_job(task: Task, inputs: Sequence[Input]) -> Job:
    return call_job(Program(task, task.canonical_solution), inputs, "canonical")


def _read_values(task: Task, inputs: Sequence[Input], outcome: Outcome) -> Reference:
    """Calls and skipped inputs of one run: those at the head of the inputs that it settled."""
    _require_settled(task, outcome)
    calls, skipped = [], []
    # A run that was cut off had little time left: others get more for the same calls.
    size = CALLS_PER_PART if outcome.verdict in ENDED_EARLY else len(inputs)
    for index, (given, text) in enumerate(zip(inputs, outcome.values, strict=False)):
        value = decode(text) if text.startswith('{"raised"') else None
        if isinstance(value, Raised):
            skipped.append(f"{given.label}: raised {value.type_name}")
        else:
            part = inputs[index - index % size].label
            calls.append(Call(given.label, given.packed, text, part))
    ended_early = False
    if not calls and not skipped:
        ended_early = outcome.verdict in ENDED_EARLY
        lost = inputs[:1] if ended_early else inputs
        reason = f"{outcome.verdict} {outcome.failure}".rstrip()
        skipped += [f"{given.label}: {reason}" for given in lost]
    return Reference(calls, skipped, outcome, ended_early=ended_early)


def _require_settled(task: Task, outcome: Outcome) -> None:
    """Refuse what the machine may have decided: it would pass for the canonical solution's."""
    if outcome.verdict in UNSETTLED:
        raise SandboxError(
            f"{task.task_id}: the canonical solution could not be run: {outcome.failure}; run "
            "again on a quieter machine; `codepref doctor` says whether isolation works here"
        )
