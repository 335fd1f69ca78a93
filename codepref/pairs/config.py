"""Settings of the pairs."""

from pydantic import Field

from codepref.execution.rows import Rejectable
from codepref.pairs.rewards import Reward
from codepref.pairs.rows import Policy
from codepref.schema import Strict


class BuildPairsConfig(Strict):
    """How executed responses become preference pairs.

    Attributes:
        policy: how the two responses of a pair are picked.
        reward: what an answer is worth, see pairs/rewards.py; best_worst ranks by it.
        seed: of every draw; an instruction's own draw depends on it and instruction_id alone.
        rejected_verdicts: verdicts that may be rejected; the others are counted and left out. A
            timeout may be the machine's doing, so it is not among them.
        max_completion_tokens: longer responses are counted and left out; null keeps them.
    """

    policy: Policy
    reward: Reward
    seed: int
    rejected_verdicts: list[Rejectable] = Field(min_length=1)
    max_completion_tokens: int | None = Field(ge=1)
