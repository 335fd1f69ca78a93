"""A start's own passing responses as rows to imitate."""

import random
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from codepref.alignment.rows import Row
from codepref.checkpoints.prompts import Renderer
from codepref.errors import DataError
from codepref.pairs.eligibility import Executed, first_of_each_form
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction


class Selection(NamedTuple):
    """Responses to imitate, in order of instruction, and how many others were left out."""

    responses: list[Response]
    n_same_program: int
    n_over_limit: int


def select_responses(passing: Sequence[Executed], *, per_instruction: int, seed: int) -> Selection:
    """Draw at most so many passing responses of each instruction, no program twice.

    The draw of an instruction depends on the seed and its id alone.
    """
    order = sorted(passing, key=lambda e: (e.response.instruction_id, e.response.sample_index))
    selected: list[Response] = []
    n_different = 0
    for instruction_id, group in groupby(order, key=lambda e: e.response.instruction_id):
        different = first_of_each_form(list(group))
        n_different += len(different)
        rng = random.Random(f"{seed}/{instruction_id}")
        drawn = rng.sample(different, min(per_instruction, len(different)))
        drawn.sort(key=lambda e: e.response.sample_index)
        selected += [item.response for item in drawn]
    return Selection(selected, len(order) - n_different, n_different - len(selected))


def encode_responses(
    responses: Sequence[Response], texts: Mapping[str, str], renderer: Renderer
) -> list[Row]:
    """Give one row per instruction, its text rendered for the new start, with all its responses.

    Args:
        responses: in order of instruction.
        texts: the text of each instruction, by instruction_id.
        renderer: of the start to be made.

    Raises:
        DataError: a response is to an instruction that there is not.
    """
    unknown = sorted({r.instruction_id for r in responses} - texts.keys())
    if unknown:
        raise DataError(
            f"responses: {len(unknown)} instructions are not in the table of instructions, first "
            f"{unknown[0]}; make both with `dvc repro`"
        )
    return [
        Row(
            row_id=instruction_id,
            prompt=renderer.encode_prompt(renderer.prompt(texts[instruction_id])),
            answers=[renderer.encode_completion(response.completion) for response in group],
        )
        for instruction_id, group in groupby(responses, key=lambda r: r.instruction_id)
    ]


def instruction_texts(instructions: Sequence[Instruction]) -> dict[str, str]:
    """Give the text of each instruction by its id."""
    return {instruction.instruction_id: instruction.text for instruction in instructions}
