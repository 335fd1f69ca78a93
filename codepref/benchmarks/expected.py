"""Inputs of a task, and the values that its canonical solution returns for them."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from codepref.benchmarks.judging import Program, Run
from codepref.benchmarks.mbpp_inputs import restore_arguments
from codepref.benchmarks.rows import Task
from codepref.benchmarks.tasks import task_number
from codepref.errors import SandboxError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.values import Opaque, Raised, decode, encode

CALLS_PER_PART = 16
PART_CHARS = 8 * 1024 * 1024  # a quarter of what one run may report: answers may be longer

TORN = Opaque("malformed")  # what a run that was killed had half written
ENDED_EARLY = ("timeout", "output_limit", "out_of_memory", "early_exit")


class Input(NamedTuple):
    """Arguments of one call; the label is "base 3" or "plus 17"."""

    label: str
    arguments: Sequence[Any]


class Call(NamedTuple):
    """One input of a task, and what the canonical solution returns for it.

    Attributes:
        expected: the value as `values.encode` writes it.
        part: calls that the canonical solution answered well within the limits of one run.
    """

    label: str
    arguments: Sequence[Any]
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
    """

    calls: list[Call]
    skipped: list[str]
    outcome: Outcome


def call_canonicals(tasks: Sequence[Task], run: Run) -> dict[str, Reference]:
    """Run each task's canonical solution on all of its inputs, in as many parts as it needs.

    An input that brings a run to an early end is tried again at the head of the next run, and
    skipped if it fails there too. References are by task id.

    Raises:
        SandboxError: the harness failed, so nothing is known of the inputs.
    """
    found: dict[str, Reference] = {}
    pending = {task.task_id: (task, _labelled_inputs(task)) for task in tasks}
    while pending:
        jobs = {
            task_id: _canonical_job(task, inputs) for task_id, (task, inputs) in pending.items()
        }
        outcomes = run(list(jobs.values()))
        for task_id, job in jobs.items():
            task, inputs = pending.pop(task_id)
            outcome = outcomes[job.job_id]
            done = _read_values(task, inputs, outcome)
            before = found.get(task_id, Reference([], [], outcome))
            found[task_id] = Reference(
                before.calls + done.calls, before.skipped + done.skipped, outcome
            )
            rest = inputs[len(done.calls) + len(done.skipped) :]
            if rest:
                pending[task_id] = (task, rest)
    return found


def call_job(program: Program, inputs: Sequence[Sequence[Any]]) -> Job:
    """Give the job that calls a program with some inputs."""
    return Job(
        job_id=program.program_id,
        mode="call",
        code=program.code,
        setup="",
        tests=[],
        self_written=False,
        entry_point=program.task.entry_point,
        inputs=[encode(list(arguments)) for arguments in inputs],
    )


def parts_of(calls: Sequence[Call]) -> list[list[Call]]:
    """Split calls into runs: by the canonical solution's, and by the room in one run's report."""
    parts: list[list[Call]] = []
    size, name = 0, ""
    for call in calls:
        if not parts or call.part != name or size + len(call.expected) > PART_CHARS:
            parts.append([])
            size, name = 0, call.part
        parts[-1].append(call)
        size += len(call.expected)
    return parts


def _canonical_job(task: Task, inputs: Sequence[Input]) -> Job:
    return call_job(Program(task, task.canonical_solution), [given.arguments for given in inputs])


def _read_values(task: Task, inputs: Sequence[Input], outcome: Outcome) -> Reference:
    """Calls and skipped inputs of one run: those at the head of the inputs that it settled."""
    if outcome.verdict == "infra_error":
        raise SandboxError(
            f"{task.task_id}: the canonical solution could not be run: {outcome.failure}; "
            "`codepref doctor` says whether isolation works here"
        )
    calls, skipped = [], []
    # A run that was cut off had little time left: others get more for the same calls.
    size = CALLS_PER_PART if outcome.verdict in ENDED_EARLY else len(inputs)
    for index, (given, text) in enumerate(zip(inputs, outcome.values, strict=False)):
        value = decode(text)
        if value == TORN:
            break
        if isinstance(value, Raised):
            skipped.append(f"{given.label}: raised {value.type_name}")
        else:
            part = inputs[index - index % size].label
            calls.append(Call(given.label, given.arguments, text, part))
    if not calls and not skipped:
        lost = inputs[:1] if outcome.verdict in ENDED_EARLY else inputs
        reason = f"{outcome.verdict} {outcome.failure}".rstrip()
        skipped += [f"{given.label}: {reason}" for given in lost]
    return Reference(calls, skipped, outcome)


def _labelled_inputs(task: Task) -> list[Input]:
    number = task_number(task) if task.benchmark == "mbpp_plus" else 0
    return [
        Input(f"{kind} {index}", restore_arguments(number, arguments))
        for kind, inputs in (("base", task.base_inputs), ("plus", task.plus_inputs))
        for index, arguments in enumerate(json.loads(inputs))
    ]
