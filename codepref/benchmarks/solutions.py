"""A completion and the code its task starts from, as one program."""

import ast

from codepref.benchmarks.rows import Task
from codepref.checkpoints.fences import extract_code

FUTURE = "from __future__ import "


def make_solution(task: Task, completion: str) -> str:
    """Give the whole program of a completion: the task's imports and helpers, then its code.

    Helpers are what the task's code defines beside the function asked for, such as `poly` of
    HumanEval/32, which some tests call too. What the completion defines anew counts, since it
    comes last.
    """
    lines = extract_code(completion).splitlines(keepends=True)
    # Python takes these at the very start of a program only.
    future = [line for line in lines if line.startswith(FUTURE)]
    rest = [line for line in lines if not line.startswith(FUTURE)]
    return "".join([*future, given_code(task), *rest])


def given_code(task: Task) -> str:
    """Imports and helpers of the task's own code, "" where it has none."""
    given = [
        ast.get_source_segment(task.prompt_code, node) or ""
        for node in ast.parse(task.prompt_code).body
        if getattr(node, "name", None) != task.entry_point
    ]
    return "\n\n".join(given) + "\n\n\n" if given else ""
