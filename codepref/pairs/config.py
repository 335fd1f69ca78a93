"""Settings of the pairs."""

from pydantic import Field

from codepref.execution.rows import Rejectable
from codepref.pairs.constraints import ConstraintsConfig
from codepref.pairs.rewards import Reward
from codepref.pairs.rows import Policy
from codepref.schema import Strict


class NearDuplicatesConfig(Strict):
    """Which repeats among the pairs of all instructions are dropped; the smallest id stays.

    Attributes:
        jaccard: similarity of two texts, on sets of 5 words in a row.
        instruction, chosen, program: what is compared, one after the other.
    """

    jaccard: float = Field(gt=0, le=1)
    instruction: bool
    chosen: bool
    program: bool


class BuildPairsConfig(Strict):
    """How executed responses become preference pairs.

    Attributes:
        policy: how the two responses of a pair are picked.
        k: pairs of one instruction, under policy k_per_prompt alone.
        reward: what an answer is worth, see pairs/rewards.py; best_worst ranks by it.
        seed: of every draw; an instruction's own draw depends on it and instruction_id alone.
        rejected_verdicts: verdicts that may be rejected; the others are counted and left out. A
            timeout may be the machine's doing, so it is not among them.
    """

    policy: Policy
    k: int = Field(ge=1)
    reward: Reward
    seed: int
    rejected_verdicts: list[Rejectable] = Field(min_length=1)
    constraints: ConstraintsConfig
    near_duplicates: NearDuplicatesConfig
