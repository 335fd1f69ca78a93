"""Rows of the instruction tables."""

from collections.abc import Iterable
from typing import Literal

from codepref.records import Record

Origin = Literal["generated", "problems"]
Category = Literal["function", "class", "program"]
Difficulty = Literal["easy", "medium", "hard"]


class Instruction(Record):
    """A task for a model, generated from a seed or taken from a set of problems with tests.

    Attributes:
        instruction_id: content id of text, tests and test_setup.
        origin: "generated", or "problems" for a set with given tests.
        seed_id: the seed it was written from; None for a problem.
        problem_id: the problem's own id, such as "starter/12" or "mbpp/601"; None if generated.
        concepts: what it exercises, in the order given.
        text: what the model is asked, before any template.
        entry_point: name that the tests call; None if unknown.
        test_setup: code run before the tests, may be "".
        tests: assert statements, or cases of a whole program as `execution.cases` writes them, one
            per item; empty where responses bring their own.
        reference: a solution known to pass the tests; None if there is none.
        generator_digest: digest of the checkpoint that wrote it; None for a problem.
        prompt_sha256: of the few-shot prompt it was completed from; None for a problem.
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


def instruction_texts(instructions: Iterable[Instruction]) -> dict[str, str]:
    """Give the text of each instruction by its id."""
    return {instruction.instruction_id: instruction.text for instruction in instructions}


class RejectedInstruction(Record):
    """A completion that gave no instruction, with the reason and the text kept."""

    reject_id: str
    seed_id: str | None
    problem_id: str | None
    step: Literal["concepts", "instruction", "problem"]
    reason: str
    text: str
