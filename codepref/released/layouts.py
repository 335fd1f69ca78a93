"""Answers as released sets hold them: which of their fenced blocks is the program, which its tests.

Three layouts are read. SelfCodeAlign's (arXiv:2410.24198): the answer, then `</response>` and
`<tests>`, or a Markdown heading "Tests". StarCoder2-Instruct's: the headings [Reasoning],
[Implementation], [Explanation] and [Tests]. Without any heading, blocks after the first that
assert are tests. Only closed blocks marked as Python count.
"""

import re
from typing import Literal, NamedTuple

Part = Literal["answer", "explanation", "tests"]
UnreadReason = Literal["no_text", "unclosed_fence", "no_code", "no_tests"]

FENCE = re.compile(r"^\s*```\s*([\w+-]*)\s*$")
PYTHON = {"python", "python3", "py"}
IMPLEMENTATION = re.compile(r"^\s*\[Implementation\]\s*$", re.IGNORECASE)
EXPLANATION = re.compile(r"^\s*\[Explanation\]\s*$", re.IGNORECASE)
TESTS = re.compile(r"^\s*(?:(?:</response>\s*)?<tests>|\[Tests\]|#+ Tests(?: \d+)?:?)\s*$", re.I)
ASSERTS = re.compile(r"\bassert")


class Answer(NamedTuple):
    """A program and the tests that came with it."""

    code: str
    tests: str


class Block(NamedTuple):
    """The lines of a fenced block, and the part of the text that it stands in."""

    part: Part
    code: str


class Blocks(NamedTuple):
    """The Python blocks of a text.

    Attributes:
        has_tests_heading: a heading says where the tests begin.
        is_closed: no block is open at the end.
    """

    blocks: list[Block]
    has_tests_heading: bool
    is_closed: bool


def parse_answer(response: object, tests: object) -> Answer | UnreadReason:
    """Read one answer; `tests` is None where they are part of it."""
    if not isinstance(response, str) or not response.strip():
        return "no_text"
    text = response if tests is None else f"{response}\n\n<tests>\n{tests}"
    found = read_blocks(text)
    if not found.is_closed:
        return "unclosed_fence"
    code = [block.code for block in found.blocks if block.part == "answer"]
    own_tests = [block.code for block in found.blocks if block.part == "tests"]
    if not found.has_tests_heading:
        own_tests = [block for block in code[1:] if ASSERTS.search(block)]
        code = [*code[:1], *(block for block in code[1:] if not ASSERTS.search(block))]
    if not _joined(code):
        return "no_code"
    return Answer(_joined(code), _joined(own_tests)) if _joined(own_tests) else "no_tests"


def read_blocks(text: str) -> Blocks:
    """Give the closed Python blocks, and where each stands; what an answer reasons with goes."""
    part: Part = "answer"
    blocks: list[Block] = []
    lines: list[str] | None = None
    language, headed = "", False
    for line in text.splitlines():
        fence = FENCE.match(line)
        if lines is None and fence:
            lines, language = [], fence[1].lower()
        elif lines is None:
            if IMPLEMENTATION.match(line):
                blocks = []
            part = _part(line, part)
            headed = headed or part == "tests"
        elif line.strip().startswith("```"):
            if language in PYTHON:
                blocks.append(Block(part, "\n".join(lines)))
            lines = None
        else:
            lines.append(line)
    return Blocks(blocks, headed, lines is None)


def _part(line: str, part: Part) -> Part:
    if TESTS.match(line):
        return "tests"
    if IMPLEMENTATION.match(line):
        return "answer"
    return "explanation" if EXPLANATION.match(line) else part


def _joined(blocks: list[str]) -> str:
    return "\n\n".join(block.strip("\n").rstrip() for block in blocks if block.strip())
