"""Which of a start's own passing responses are imitated."""

import random
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from codepref.pairs.eligibility import Executed
from codepref.pairs.programs import first_of_each_program


class Selection(NamedTuple):
    """Responses to imitate, in order of instruction, and how many others were left out."""

    responses: list[Executed]
    n_same_program: int
    n_over_limit: int


def select_responses(passing: Sequence[Executed], *, per_instruction: int, seed: int) -> Selection:
    """Draw at most so many passing responses of each instruction, no program twice.

    The draw of an instruction depends on the seed and its id alone.
    """
    order = sorted(passing, key=lambda e: (e.instruction_id, e.sample_index))
    selected: list[Executed] = []
    n_different = 0
    for instruction_id, group in groupby(order, key=lambda e: e.instruction_id):
        different = first_of_each_program(list(group))
        n_different += len(different)
        rng = random.Random(f"{seed}/{instruction_id}")
        drawn = rng.sample(different, min(per_instruction, len(different)))
        drawn.sort(key=lambda e: e.sample_index)
        selected += drawn
    return Selection(selected, len(order) - n_different, n_different - len(selected))
