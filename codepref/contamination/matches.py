"""What a matcher finds, and the excerpts that show it."""

from typing import NamedTuple

from codepref.contamination.rows import Method

EXCERPT = 240  # characters
CONTEXT = 40  # characters shown on either side of an overlap


class Match(NamedTuple):
    """A text that meets a task.

    Attributes:
        task: index among the tasks of the index.
        score: similarity by the method, in [0, 1].
        row_text, task_text: excerpts that show the overlap.
    """

    task: int
    method: Method
    score: float
    row_text: str
    task_text: str


def excerpt(text: str, start: int = 0, end: int = 0) -> str:
    """Cut a text to the part around [start, end), with "..." where something is left out."""
    first = max(start - CONTEXT, 0)
    last = min(max(end + CONTEXT, first + EXCERPT // 2), first + EXCERPT, len(text))
    head, tail = "..." if first else "", "..." if last < len(text) else ""
    # An escape in a string may stand for half a character, which no table can hold.
    plain = text[first:last].encode("utf-8", errors="backslashreplace").decode("utf-8")
    return f"{head}{plain.strip()}{tail}"
