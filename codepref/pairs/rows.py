"""Rows of the tables of pairs and of labelled responses."""

from typing import Literal

from codepref.execution.rows import Verdict
from codepref.pairs.split import Split
from codepref.records import Record

Policy = Literal[
    "random_one", "best_worst", "max_margin", "length_matched", "k_per_prompt", "cross_test"
]
Side = Literal["chosen", "rejected"]


class Pair(Record):
    """Two answers to one prompt, the chosen one better by execution. TRL reads the last three.

    Attributes:
        pair_id: content id of both response ids and the policy.
        split: "train", or "held_out" from every training; one for all pairs of an instruction.
        policy: how the two were picked.
        reason: why these two, in words: what each passed, and out of what they were picked.
        chosen_verdict, rejected_verdict: of the two executions.
        chosen_agreement, rejected_agreement: score by siblings' tests, see policies.cross_test;
            None under another policy.
        edit_distance: of the two programs: Levenshtein distance over the longer length, in [0, 1].
        length_ratio: tokens of the longer completion over those of the shorter, at least 1.
        generator_digest: checkpoint that wrote both answers.
        n_samples: answers that were sampled for this prompt.
        n_passed: how many of them passed.
        rewards: reward of every sampled answer, ascending.
        chosen_reward, rejected_reward: the two that belong to the pair.
        prompt: as rendered for the generator. chosen, rejected: completions, unedited.
    """

    pair_id: str
    instruction_id: str
    chosen_response_id: str
    rejected_response_id: str
    chosen_execution_id: str
    rejected_execution_id: str
    split: Split
    policy: Policy
    reason: str
    chosen_verdict: Verdict
    rejected_verdict: Verdict
    chosen_agreement: float | None
    rejected_agreement: float | None
    edit_distance: float
    length_ratio: float
    generator_digest: str
    n_samples: int
    n_passed: int
    rewards: list[float]
    chosen_reward: float
    rejected_reward: float
    prompt: str
    chosen: str
    rejected: str


class LabelledResponse(Record):
    """A response that may stand on one side of a pair, with what decided which.

    Attributes:
        label: "chosen" if its tests passed, else "rejected".
        verdict: of its execution.
        prompt: as rendered for the generator. completion: unedited.
    """

    response_id: str
    execution_id: str
    instruction_id: str
    split: Split
    label: Side
    verdict: Verdict
    generator_digest: str
    prompt: str
    completion: str
