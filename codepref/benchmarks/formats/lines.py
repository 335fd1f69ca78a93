"""What every format reads: one line of a released file."""

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from codepref.benchmarks.rows import Benchmark, Task
from codepref.syntax import parse

FUNCTION_TEXT = "Complete the following Python function.\n\n```python\n{prompt}\n```"

Fields = Mapping[str, Any]


class Line(NamedTuple):
    """One task as released.

    Attributes:
        number: of the line, from 1.
        fields: the line's JSON object.
    """

    benchmark: Benchmark
    number: int
    fields: Fields


class Format(NamedTuple):
    """How the lines of a benchmark are read.

    Attributes:
        parse: gives the task of a line. Raises KeyError where a field is absent, ValueError,
            TypeError and the like where it is not what it should be.
        refused: fields that only another benchmark of the family has.
    """

    parse: Callable[[Line], Task]
    refused: frozenset[str] = frozenset()


def function_text(prompt: str) -> str:
    """Ask for the function whose signature and docstring the prompt is."""
    return FUNCTION_TEXT.format(prompt=prompt.strip("\n"))


def json_inputs(value: Any) -> str:
    """Write argument lists as JSON; Mbpp/793 has {} for none."""
    return json.dumps(list(value))


def require_id(task_id: Any, *prefixes: str) -> str:
    """Give a task id that is "<prefix>/<number>".

    Raises:
        ValueError: it is not.
    """
    head, _, number = str(task_id).partition("/")
    if head not in prefixes or not number.isdecimal():
        known = " or ".join(f"{prefix}/<number>" for prefix in prefixes)
        raise ValueError(f"task_id {task_id!r}, expected {known}")
    return str(task_id)


def require_python(program: str, name: str) -> ast.Module:
    """Parse Python.

    Raises:
        ValueError: it is none.
    """
    tree = parse(program)
    if tree is None:
        raise ValueError(f"{name}: no Python")
    return tree


def require_texts(value: Any, name: str) -> Sequence[str]:
    """Give a list that holds at least one text, and texts alone.

    Raises:
        ValueError: it does not.
    """
    if not isinstance(value, list) or not value or not all(isinstance(x, str) for x in value):
        raise ValueError(f"{name}: expected a list of texts")
    return value
