"""Executed responses to preference pairs, every drop counted by name."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, cast

from codepref.contamination.rows import Removed
from codepref.errors import DataError
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import Executed, count_labels, label
from codepref.pairs.policies import POLICIES, Draw, differing_draws
from codepref.pairs.rewards import REWARDS
from codepref.pairs.rows import LabelledResponse, Pair, Side
from codepref.pairs.split import SplitConfig, split_of
from codepref.records import Json, content_id

INSTRUCTION_RULES = ("no_passing", "no_failing", "identical_after_normalisation")


class BuiltPairs(NamedTuple):
    """Pairs in order of instruction_id, what may stand in one, and the counts that explain them."""

    pairs: list[Pair]
    labelled: list[LabelledResponse]
    counts: dict[str, Json]


def build_pairs(
    executed: Sequence[Executed], config: BuildPairsConfig, split: SplitConfig, removed: Removed
) -> BuiltPairs:
    """Build at most one pair per instruction.

    The draw of an instruction depends on the seed and its id alone: neither the order of the rows
    nor the presence of other instructions changes its pair.

    Args:
        executed: responses beside their executions, in any order.
        config: policy, seed and rules.
        split: which instructions are held out.
        removed: what meets a benchmark and is left out.

    Raises:
        DataError: the responses to one instruction have several prompts or generators.
    """
    order = sorted(executed, key=lambda e: (e.response.instruction_id, e.response.sample_index))
    labels = [
        label(e, config.rejected_verdicts, config.max_completion_tokens, removed) for e in order
    ]
    pairs, dropped = [], Counter[str]()
    histogram, most = Counter[int](), -1
    pairing = zip(order, labels, strict=True)
    for instruction_id, rows in groupby(pairing, key=lambda row: row[0].response.instruction_id):
        group = list(rows)
        items = [item for item, _ in group]
        _check_one_source(items)
        histogram[_n_passed(items)] += 1
        most = max(most, len(items))
        draws, rule = _draws(group, config)
        if rule is not None:
            dropped[rule] += 1
            continue
        rng = random.Random(f"{config.seed}/{instruction_id}")
        pairs.append(_pair(POLICIES[config.policy](draws, rng), items, config, split))
    counts: dict[str, Json] = {
        "n_pairs": len(pairs),
        "n_pairs_by_split": _by_split(pairs),
        "n_instructions": len(pairs) + dropped.total(),
        "n_responses": len(order),
        "instructions_dropped": {rule: dropped[rule] for rule in INSTRUCTION_RULES},
        "responses": count_labels(labels, config.rejected_verdicts),
        "instructions_by_n_passed": {str(n): histogram[n] for n in range(most + 1)},
    }
    labelled = [
        _labelled(item, cast(Side, name), split)
        for item, name in zip(order, labels, strict=True)
        if name in ("chosen", "rejected")
    ]
    return BuiltPairs(pairs, labelled, counts)


def _draws(
    group: list[tuple[Executed, str]], config: BuildPairsConfig
) -> tuple[list[Draw], str | None]:
    passed = [item for item, name in group if name == "chosen"]
    failed = [item for item, name in group if name == "rejected"]
    if not passed:
        return [], "no_passing"
    if not failed:
        return [], "no_failing"
    draws = differing_draws(passed, failed, REWARDS[config.reward])
    return draws, None if draws else "identical_after_normalisation"


def _pair(
    draw: Draw, items: Sequence[Executed], config: BuildPairsConfig, split: SplitConfig
) -> Pair:
    chosen, rejected = draw.chosen, draw.rejected
    chosen_id, rejected_id = chosen.response.response_id, rejected.response.response_id
    reward = REWARDS[config.reward]
    return Pair(
        pair_id=content_id(chosen_id, rejected_id, config.policy),
        instruction_id=chosen.response.instruction_id,
        chosen_response_id=chosen_id,
        rejected_response_id=rejected_id,
        chosen_execution_id=chosen.execution.execution_id,
        rejected_execution_id=rejected.execution.execution_id,
        split=split_of(chosen.response.instruction_id, split),
        policy=config.policy,
        reason="",
        chosen_verdict=chosen.execution.verdict,
        rejected_verdict=rejected.execution.verdict,
        chosen_agreement=None,
        rejected_agreement=None,
        edit_distance=0.0,
        length_ratio=1.0,
        generator_digest=chosen.response.generator_digest,
        n_samples=len(items),
        n_passed=_n_passed(items),
        rewards=sorted(map(reward, items)),
        chosen_reward=reward(chosen),
        rejected_reward=reward(rejected),
        prompt=chosen.response.prompt,
        chosen=chosen.response.completion,
        rejected=rejected.response.completion,
    )


def _labelled(item: Executed, side: Side, split: SplitConfig) -> LabelledResponse:
    return LabelledResponse(
        response_id=item.response.response_id,
        execution_id=item.execution.execution_id,
        instruction_id=item.response.instruction_id,
        split=split_of(item.response.instruction_id, split),
        label=side,
        verdict=item.execution.verdict,
        generator_digest=item.response.generator_digest,
        prompt=item.response.prompt,
        completion=item.response.completion,
    )


def _by_split(pairs: Sequence[Pair]) -> dict[str, Json]:
    counts = Counter(pair.split for pair in pairs)
    return {"train": counts["train"], "held_out": counts["held_out"]}


def _n_passed(items: Sequence[Executed]) -> int:
    return sum(item.execution.verdict == "passed" for item in items)


def _check_one_source(items: Sequence[Executed]) -> None:
    sources = {(item.response.prompt, item.response.generator_digest) for item in items}
    if len(sources) > 1:
        raise DataError(
            f"responses to instruction {items[0].response.instruction_id} have {len(sources)} "
            "different prompts or generators, expected one; sample them anew"
        )
