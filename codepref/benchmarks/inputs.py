"""The inputs of tasks, packed for jobs.

Where JSON would lose something, a file gives an argument list as Python text. Literals are read
here; an expression, such as "[i for i in range(9)], 2", is evaluated inside the sandbox.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from codepref.benchmarks.judging import Run
from codepref.benchmarks.mbpp_inputs import restore_arguments
from codepref.benchmarks.rows import Task
from codepref.benchmarks.tasks import task_number
from codepref.errors import DataError
from codepref.execution.jobs import Job
from codepref.execution.values import decode, pack

ENTRY = "arguments"


class Input(NamedTuple):
    """Arguments of one call, as `values.pack` writes them; the label is "base 3" or "plus 17"."""

    label: str
    packed: bytes


class Inputs(NamedTuple):
    """All inputs of one task, base inputs first; one line for each that could not be read."""

    known: list[Input]
    skipped: list[str]


def read_inputs(tasks: Sequence[Task], run: Run) -> dict[str, Inputs]:
    """Give the inputs of tasks by task id.

    Args:
        tasks: judged by calls.
        run: evaluates those inputs that are expressions.

    Raises:
        DataError: one is no data that can be handed to a program.
    """
    given = {task.task_id: list(_labelled(task)) for task in tasks}
    texts = {
        text: None
        for inputs in given.values()
        for _, text in inputs
        if isinstance(text, str) and _literal(text) is None
    }
    values = _evaluated(list(texts), run)
    return {task.task_id: _inputs_of(task, given[task.task_id], values) for task in tasks}


def performance_inputs(task: Task) -> list[Input]:
    """Give the inputs that tell slow programs from fast ones: "perf 0" and so on.

    Raises:
        DataError: one is no data that can be handed to a program.
    """
    number = task_number(task) if task.is_mbpp else 0
    return [
        _packed(task, f"perf {index}", arguments, number)
        for index, arguments in enumerate(json.loads(task.performance_inputs))
    ]


def _labelled(task: Task) -> Iterator[tuple[str, Any]]:
    for kind, inputs in (("base", task.base_inputs), ("plus", task.plus_inputs)):
        for index, arguments in enumerate(json.loads(inputs) if inputs else []):
            yield f"{kind} {index}", arguments


def _inputs_of(
    task: Task, given: Sequence[tuple[str, Any]], values: Mapping[str, list[Any] | None]
) -> Inputs:
    number = task_number(task) if task.is_mbpp else 0
    known, skipped = [], []
    for label, arguments in given:
        value = arguments
        if isinstance(arguments, str):
            literal = _literal(arguments)
            value = values[arguments] if literal is None else literal
        if value is None:
            skipped.append(f"{label}: {str(arguments)[:60]!r} gives no arguments")
        else:
            known.append(_packed(task, label, value, number))
    return Inputs(known, skipped)


def _packed(task: Task, label: str, arguments: Any, number: int) -> Input:
    try:
        return Input(label, pack(restore_arguments(number, arguments)))
    except (DataError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DataError(
            f"{task.benchmark} {task.task_id}, input {label}: {error}; fetch the "
            "benchmark's released file again"
        ) from error


def _literal(text: str) -> list[Any] | None:
    try:
        return list(ast.literal_eval(f"[{text}]"))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _evaluated(texts: Sequence[str], run: Run) -> dict[str, list[Any] | None]:
    jobs = [_job(text) for text in texts]
    found: dict[str, list[Any] | None] = {}
    for text, (_, outcome) in zip(texts, run(jobs), strict=True):
        value = decode(outcome.values[0]) if outcome.values else None
        found[text] = value if isinstance(value, list) and _is_data(value) else None
    return found


def _is_data(value: Any) -> bool:
    try:
        pack(value)
    except DataError:
        return False
    return True


def _job(text: str) -> Job:
    return Job(
        job_id=f"inputs {text}",
        mode="call",
        code=f"def {ENTRY}():\n    return [{text}]\n",
        setup="",
        tests=[],
        self_written=False,
        entry_point=ENTRY,
        inputs=[pack([])],
        whole=True,
    )
