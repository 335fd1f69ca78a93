"""The program of a completion whose quality is measured."""

import re
from textwrap import dedent
from typing import get_args

from codepref.benchmarks.rows import Completion, Judged

FENCED = re.compile(
    r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE
)
PYTHON = ("python", "py", "python3")


def program_of(completion: Completion) -> str:
    """Give the solution, for a judged benchmark the fenced Python; "" where there is no code."""
    if completion.benchmark in get_args(Judged):
        return fenced_program(completion.completion)
    return completion.solution if completion.solution.strip() else ""


def fenced_program(text: str) -> str:
    """Join the blocks between Markdown fences that are marked as Python, else the unmarked ones."""
    blocks = [(label.lower(), dedent(code)) for label, code in FENCED.findall(text)]
    marked = [code for label, code in blocks if label in PYTHON]
    chosen = marked or [code for label, code in blocks if not label]
    return "\n\n".join(code.strip("\n") + "\n" for code in chosen if code.strip())
