"""Rows of the instruction tables."""

from collections.abc import Iterable, Sequence
from typing import Literal

from codepref.records import Record, content_id

Origin = Literal["generated", "problems", "released"]
Category = Literal["function", "class", "program"]
Difficulty = Literal["easy", "medium", "hard"]


class Instruction(Record):
    """A task for a model: from a seed, from problems with tests, or from a released answer set.

    Attributes:
        instruction_id: content id of text, tests and test_setup.
        origin: "generated", "problems" for a set with given tests, or "released".
        seed_id: the seed it was written from; None where it is not generated here.
        problem_id: the problem's own id, such as "starter/12" or "mbpp/601"; None for others.
        concepts: what it exercises, in the order given.
        text: what the model is asked, before any template.
        entry_point: name that the tests call; None if unknown.
        test_setup: code run before the tests, may be "".
        tests: assert statements, or cases of a whole program as `execution.cases` writes them, one
            per item; empty where responses bring their own.
        reference: a solution known to pass the tests; None if there is none.
        generator_digest: digest of the checkpoint that wrote it, or of the released set; None for
            a problem.
        prompt_sha256: of the few-shot prompt it was completed from; None if not generated here.
    """

    instruction_id: str
    origin: Origin
    seed_id: str | None
    problem_id: str | None
    category: Category
    difficulty: Difficulty
    language: str
    concepts: list[str]
    text: str
    entry_point: str | None
    test_setup: str
    tests: list[str]
    reference: str | None
    source: str
    licence: str
    generator_digest: str | None
    prompt_sha256: str | None


def instruction_id(text: str, tests: Sequence[str], test_setup: str) -> str:
    """Content id of an instruction: what is asked and what is tested."""
    return content_id(text, list(tests), test_setup)


def instruction_texts(instructions: Iterable[Instruction]) -> dict[str, str]:
    """Give the text of each instruction by its id."""
    return {instruction.instruction_id: instruction.text for instruction in instructions}


class RejectedInstruction(Record):
    """A completion that gave no instruction, with the reason and the text kept."""

    reject_id: str
    seed_id: str | None
    problem_id: str | None
    step: Literal["concepts", "instruction", "problem", "released"]
    reason: str
    text: str
