"""Which instructions are held out, so that training is judged on prompts it never saw."""

import random
from typing import Literal

from pydantic import Field

from codepref.schema import Strict

Split = Literal["train", "held_out"]


class SplitConfig(Strict):
    """How instructions are divided.

    Attributes:
        held_out: chance of an instruction to be held out of every training.
        seed: of the draws.
    """

    held_out: float = Field(ge=0, lt=1)
    seed: int


def split_of(instruction_id: str, config: SplitConfig) -> Split:
    """Give the side of one instruction; it depends on the seed and the id alone."""
    draw = random.Random(f"{config.seed}/split/{instruction_id}").random()
    return "held_out" if draw < config.held_out else "train"
