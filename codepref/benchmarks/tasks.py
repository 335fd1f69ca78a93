"""Released benchmark files to tasks in one schema."""

import ast
import gzip
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from codepref.benchmarks.rows import Benchmark, Task
from codepref.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
FUNCTION_TEXT = "Complete the following Python function.\n\n```python\n{prompt}\n```"

Fields = Mapping[str, Any]


def parse_tasks(content: bytes, benchmark: Benchmark, place: str) -> list[Task]:
    """Read tasks from the bytes of a released JSONL file, gzip or plain, in the file's order.

    Args:
        content: the file.
        benchmark: whose file it is.
        place: name of the file, for messages.

    Raises:
        DataError: a line is no task of this benchmark, two share an id, or there are none.
    """
    text = _decompress(content, place)
    tasks = [
        _parse_line(line, benchmark, f"{place} line {number}")
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if not tasks or len({task.task_id for task in tasks}) < len(tasks):
        raise DataError(f"{place}: expected tasks with distinct ids, found {len(tasks)} lines")
    return tasks


def task_number(task: Task) -> int:
    """Number in a task's id: 12 of "HumanEval/12"."""
    return int(task.task_id.rsplit("/", 1)[1])


def first_tasks(tasks: list[Task], limit: int | None) -> list[Task]:
    """Give the first tasks by number, or all of them where the limit is None."""
    return sorted(tasks, key=task_number)[:limit]


def count_inputs(inputs: str) -> int:
    """Count the argument lists of one task; 0 where it has none."""
    return len(json.loads(inputs)) if inputs else 0


def _humaneval(fields: Fields) -> Task:
    return _function_task(fields, "humaneval", test=fields["test"], base="", plus="", atol=0.0)


def _humaneval_plus(fields: Fields) -> Task:
    return _function_task(
        fields,
        "humaneval_plus",
        test="",
        base=_inputs(fields["base_input"]),
        plus=_inputs(fields["plus_input"]),
        atol=float(fields["atol"]),
    )


def _function_task(
    fields: Fields, benchmark: Benchmark, *, test: str, base: str, plus: str, atol: float
) -> Task:
    prompt = fields["prompt"]
    return Task(
        task_id=fields["task_id"],
        benchmark=benchmark,
        text=FUNCTION_TEXT.format(prompt=prompt.strip("\n")),
        prompt_code=prompt,
        entry_point=fields["entry_point"],
        canonical_solution=prompt + fields["canonical_solution"],
        test=test,
        base_inputs=base,
        plus_inputs=plus,
        atol=atol,
    )


def _mbpp_plus(fields: Fields) -> Task:
    return Task(
        task_id=fields["task_id"],
        benchmark="mbpp_plus",
        text=fields["prompt"].strip().removeprefix('"""').removesuffix('"""').strip(),
        prompt_code="",
        entry_point=fields["entry_point"],
        canonical_solution=fields["canonical_solution"],
        test="",
        base_inputs=_inputs(fields["base_input"]),
        plus_inputs=_inputs(fields["plus_input"]),
        atol=float(fields["atol"]),
    )


def _inputs(value: Any) -> str:
    # Mbpp/793 has {} for no inputs.
    return json.dumps(list(value))


PARSERS: dict[Benchmark, Callable[[Fields], Task]] = {
    "humaneval": _humaneval,
    "humaneval_plus": _humaneval_plus,
    "mbpp_plus": _mbpp_plus,
}


def _parse_line(line: str, benchmark: Benchmark, place: str) -> Task:
    try:
        fields = json.loads(line)
        task = PARSERS[benchmark](fields)
        task_number(task)
        ast.parse(task.prompt_code)
    except KeyError as error:
        raise DataError(f"{place}: no field {error}; expected a task of {benchmark}") from error
    except (ValueError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise DataError(f"{place}: not a task of {benchmark}: {error}") from error
    if not math.isfinite(task.atol):
        raise DataError(f"{place}: atol is {task.atol}, expected a number")
    return task


def _decompress(content: bytes, place: str) -> str:
    try:
        plain = gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
        return plain.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: not JSONL, nor gzip of it: {error}") from error
