"""Executed responses to preference pairs, every drop counted by name."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, cast

from codepref.contamination.rows import Removed
from codepref.errors import ConfigError
from codepref.pairs import constraints
from codepref.pairs.config import BuildPairsConfig
from codepref.pairs.eligibility import EligibilityConfig, Executed, count_labels, label
from codepref.pairs.policies import POLICIES, Draw, Eligible
from codepref.pairs.rewards import REWARDS
from codepref.pairs.rows import LabelledResponse, Pair, Side
from codepref.pairs.split import Split, SplitConfig, split_of
from codepref.pairs.wording import reason
from codepref.records import Json, content_id

INSTRUCTION_RULES = ("no_passing", "no_failing", "no_difference", *constraints.RULES)


class Built(NamedTuple):
    """What one instruction gives: its pairs, and its responses that may stand in one."""

    pairs: list[Pair]
    labelled: list[LabelledResponse]


class PairBuilder:
    """Builds the pairs of one instruction after the other, and counts.

    The draw of an instruction depends on the seed and its id alone: neither the order of the
    instructions nor the presence of others changes its pairs.
    """

    def __init__(
        self,
        config: BuildPairsConfig,
        eligibility: EligibilityConfig,
        split: SplitConfig,
        removed: Removed,
    ) -> None:
        self._config = config
        self._eligibility = eligibility
        self._split = split
        self._removed = removed
        self._reward = REWARDS[config.reward]
        self._labels: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._by_passed: Counter[int] = Counter()
        self._most = -1
        self._n_paired = 0

    def build(self, items: Sequence[Executed]) -> Built:
        """Build the pairs of one instruction from all of its responses, in order of sample_index.

        Raises:
            ConfigError: policy cross_test, and responses brought tests that no sibling was run on.
        """
        split = split_of(items[0].instruction_id, self._split)
        names = [self._label(item) for item in items]
        self._labels.update(names)
        self._by_passed[_n_passed(items)] += 1
        self._most = max(self._most, len(items))
        pairs, rule = self._pairs(items, names, split)
        if rule is not None:
            self._dropped[rule] += 1
        else:
            self._n_paired += 1
        return Built(
            pairs,
            [
                _labelled(item, cast(Side, name), split)
                for item, name in zip(items, names, strict=True)
                if name in ("chosen", "rejected")
            ],
        )

    def counts(self) -> dict[str, Json]:
        """Count what was built so far: instructions by rule, responses by label."""
        return {
            "n_instructions": self._n_paired + self._dropped.total(),
            "n_responses": self._labels.total(),
            "instructions_dropped": {rule: self._dropped[rule] for rule in INSTRUCTION_RULES},
            "responses": count_labels(self._labels, self._config.rejected_verdicts),
            "instructions_by_n_passed": {str(n): self._by_passed[n] for n in range(self._most + 1)},
        }

    def _label(self, item: Executed) -> str:
        return label(item, self._config.rejected_verdicts, self._removed, self._eligibility)

    def _pairs(
        self, items: Sequence[Executed], names: Sequence[str], split: Split
    ) -> tuple[list[Pair], str | None]:
        """Give the pairs, or the rule that left the instruction without."""
        passing, failing = (
            [item for item, name in zip(items, names, strict=True) if name == side]
            for side in ("chosen", "rejected")
        )
        if self._config.policy == "cross_test":
            _require_agreements(items)
        rng = random.Random(f"{self._config.seed}/{items[0].instruction_id}")
        draws = POLICIES[self._config.policy](Eligible(passing, failing, self._reward), rng)
        if not draws:
            return [], "no_difference" if passing and failing else _missing_side(passing)
        wanted = self._config.k if self._config.policy == "k_per_prompt" else 1
        kept: list[Draw] = []
        broken: Counter[str] = Counter()
        for draw in draws:
            rule = constraints.broken_rule(draw, self._config.constraints)
            if rule is None:
                kept.append(draw)
            else:
                broken[rule] += 1
            if len(kept) == wanted:
                break
        if not kept:
            return [], max(constraints.RULES, key=lambda rule: broken[rule])
        return [self._pair(draw, items, split, len(draws)) for draw in kept], None

    def _pair(
        self, draw: Draw, items: Sequence[Executed], split: Split, n_combinations: int
    ) -> Pair:
        chosen, rejected = draw.chosen, draw.rejected
        chosen_id, rejected_id = chosen.response_id, rejected.response_id
        policy = self._config.policy
        return Pair(
            pair_id=content_id(chosen_id, rejected_id, policy),
            instruction_id=chosen.instruction_id,
            chosen_response_id=chosen_id,
            rejected_response_id=rejected_id,
            chosen_execution_id=chosen.execution_id,
            rejected_execution_id=rejected.execution_id,
            split=split,
            policy=policy,
            reason=reason(policy, draw, n_combinations),
            chosen_verdict=chosen.verdict,
            rejected_verdict=rejected.verdict,
            chosen_agreement=draw.chosen_agreement,
            rejected_agreement=draw.rejected_agreement,
            edit_distance=constraints.edit_distance(draw),
            length_ratio=constraints.length_ratio(draw),
            generator_digest=chosen.generator_digest,
            n_samples=len(items),
            n_passed=_n_passed(items),
            rewards=sorted(map(self._reward, items)),
            chosen_reward=self._reward(chosen),
            rejected_reward=self._reward(rejected),
            prompt=chosen.prompt,
            chosen=chosen.completion,
            rejected=rejected.completion,
        )


def _labelled(item: Executed, side: Side, split: Split) -> LabelledResponse:
    return LabelledResponse(
        response_id=item.response_id,
        execution_id=item.execution_id,
        instruction_id=item.instruction_id,
        split=split,
        label=side,
        verdict=item.verdict,
        generator_digest=item.generator_digest,
        prompt=item.prompt,
        completion=item.completion,
    )


def _n_passed(items: Sequence[Executed]) -> int:
    return sum(item.verdict == "passed" for item in items)


def _missing_side(passing: Sequence[Executed]) -> str:
    return "no_failing" if passing else "no_passing"


def _require_agreements(items: Sequence[Executed]) -> None:
    """Refuse to count agreement where siblings brought tests and none was run."""
    authors = {item.tests_id for item in items if (item.tests or "").strip()}
    if len(authors) > 1 and not any(item.n_siblings for item in items):
        raise ConfigError(
            "params build_pairs.policy: cross_test goes by siblings' tests, and they were not run; "
            "set execute_responses.sibling_tests: true"
        )
