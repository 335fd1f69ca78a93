"""Rows of the pair tables."""

from typing import Literal

from codepref.records import Record

Policy = Literal["random_one", "best_worst"]


class Pair(Record):
    """Two answers to one prompt, the chosen one better by execution. TRL reads the last three.

    Attributes:
        pair_id: content id of both response ids and the policy.
        policy: how the two were picked.
        generator_digest: checkpoint that wrote both answers.
        on_policy: computed: generator_digest is the digest of the start to be trained.
        n_samples: answers that were sampled for this prompt.
        n_passed: how many of them passed.
        prompt: rendered prompt. chosen, rejected: completions, unedited.
    """

    pair_id: str
    instruction_id: str
    chosen_response_id: str
    rejected_response_id: str
    chosen_execution_id: str
    rejected_execution_id: str
    policy: Policy
    generator_digest: str
    on_policy: bool
    n_samples: int
    n_passed: int
    prompt: str
    chosen: str
    rejected: str
