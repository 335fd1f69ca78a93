"""Executed responses to preference pairs, every drop counted by name."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from codepref.errors import DataError
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import Executed, count_labels, label
from codepref.pairs.policies import POLICIES, Draw, differing_draws
from codepref.pairs.rows import Pair
from codepref.records import Json, content_id

INSTRUCTION_RULES = ("no_passing", "no_failing", "identical_after_normalisation")


class BuiltPairs(NamedTuple):
    """Pairs in order of instruction_id, and the counts that explain them."""

    pairs: list[Pair]
    counts: dict[str, Json]


def build_pairs(
    executed: Sequence[Executed], config: BuildPairsConfig, *, start_digest: str
) -> BuiltPairs:
    """Build at most one pair per instruction.

    The draw of an instruction depends on the seed and its id alone: neither the order of the rows
    nor the presence of other instructions changes its pair.

    Args:
        executed: responses beside their executions, in any order.
        config: policy, seed and rules.
        start_digest: of the checkpoint to be trained; pairs written by it are on-policy.

    Raises:
        DataError: the responses to one instruction have several prompts or generators.
    """
    order = sorted(executed, key=lambda e: (e.response.instruction_id, e.response.sample_index))
    labels = [label(e, config.rejected_verdicts, config.max_completion_tokens) for e in order]
    pairs, dropped = [], Counter[str]()
    histogram, most = Counter[int](), -1
    labelled = zip(order, labels, strict=True)
    for instruction_id, rows in groupby(labelled, key=lambda row: row[0].response.instruction_id):
        group = list(rows)
        items = [item for item, _ in group]
        _check_one_source(items)
        histogram[_n_passed(items)] += 1
        most = max(most, len(items))
        draws, rule = _draws(group)
        if rule is not None:
            dropped[rule] += 1
            continue
        rng = random.Random(f"{config.seed}/{instruction_id}")
        draw = POLICIES[config.policy](draws, rng)
        pairs.append(_pair(draw, items, config, start_digest))
    counts: dict[str, Json] = {
        "n_pairs": len(pairs),
        "n_on_policy": sum(pair.on_policy for pair in pairs),
        "n_instructions": len(pairs) + dropped.total(),
        "n_responses": len(order),
        "instructions_dropped": {rule: dropped[rule] for rule in INSTRUCTION_RULES},
        "responses": count_labels(labels, config.rejected_verdicts),
        "instructions_by_n_passed": {str(n): histogram[n] for n in range(most + 1)},
    }
    return BuiltPairs(pairs, counts)


def _draws(group: list[tuple[Executed, str]]) -> tuple[list[Draw], str | None]:
    passed = [item for item, name in group if name == "chosen"]
    failed = [item for item, name in group if name == "rejected"]
    if not passed:
        return [], "no_passing"
    if not failed:
        return [], "no_failing"
    draws = differing_draws(passed, failed)
    return draws, None if draws else "identical_after_normalisation"


def _pair(
    draw: Draw, items: Sequence[Executed], config: BuildPairsConfig, start_digest: str
) -> Pair:
    chosen, rejected = draw
    chosen_id, rejected_id = chosen.response.response_id, rejected.response.response_id
    return Pair(
        pair_id=content_id(chosen_id, rejected_id, config.policy),
        instruction_id=chosen.response.instruction_id,
        chosen_response_id=chosen_id,
        rejected_response_id=rejected_id,
        chosen_execution_id=chosen.execution.execution_id,
        rejected_execution_id=rejected.execution.execution_id,
        policy=config.policy,
        generator_digest=chosen.response.generator_digest,
        on_policy=chosen.response.generator_digest == start_digest,
        n_samples=len(items),
        n_passed=_n_passed(items),
        prompt=chosen.response.prompt,
        chosen=chosen.response.completion,
        rejected=rejected.response.completion,
    )


def _n_passed(items: Sequence[Executed]) -> int:
    return sum(item.execution.verdict == "passed" for item in items)


def _check_one_source(items: Sequence[Executed]) -> None:
    sources = {(item.response.prompt, item.response.generator_digest) for item in items}
    if len(sources) > 1:
        raise DataError(
            f"responses to instruction {items[0].response.instruction_id} have {len(sources)} "
            "different prompts or generators, expected one; sample them anew"
        )
