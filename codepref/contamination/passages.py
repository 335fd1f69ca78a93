"""The texts of a benchmark task that data may repeat."""

import ast
import re
from typing import NamedTuple

from codepref.benchmarks.rows import Task
from codepref.syntax import functions, parse

EXAMPLE = re.compile(r">>>|\bexamples?\b\W*\n|^\s*assert\b", re.IGNORECASE | re.MULTILINE)


class Passages(NamedTuple):
    """Texts of a task.

    Attributes:
        requests: what is asked: the whole of it, and its prose without code and examples.
        solution: the canonical program without the prompt that it starts with.
    """

    requests: list[str]
    solution: str


def passages(task: Task) -> Passages:
    """Give the texts of a task, without the words that every task is wrapped in."""
    request = task.prompt_code or task.text
    prose = [EXAMPLE.split(text)[0] for text in _docstrings(task.prompt_code)] or [
        EXAMPLE.split(request)[0]
    ]
    texts = dict.fromkeys(text for text in (request, *prose) if text.strip())
    return Passages(list(texts), task.canonical_solution.removeprefix(task.prompt_code))


def _docstrings(program: str) -> list[str]:
    tree = parse(program) if program else None
    found = [ast.get_docstring(node) for node in functions(tree)] if tree else []
    return [text for text in found if text]
