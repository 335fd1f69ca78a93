"""The reward that a policy has learnt, held to what execution says, on responses it never saw.

Source: Miao et al. 2024, arXiv:2410.18585, figure 1: the implicit reward of DPO tells responses
apart that a reward by rule scores alike.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codepref.execution.rows import Verdict
from codepref.pairs.rows import Side
from codepref.records import Json, Record
from codepref.statistics.config import BootstrapConfig
from codepref.statistics.intervals import Interval

RuleReward = Literal["passed", "failed", "error", "syntax_error"]
# P2's reward by rule: pass, wrong result, runtime error, does not compile.
RULE_REWARDS: Mapping[RuleReward, float] = {
    "passed": 1.0,
    "failed": -0.3,
    "error": -0.6,
    "syntax_error": -1.0,
}
DEFINITION = (
    "log_ratio: log pi - log pi_ref of a held-out response, summed over its tokens, in nats: the "
    "implicit reward divided by beta. auc: share of (passing, failing) pairs of responses to one "
    "prompt in which the passing one has the larger log-ratio, ties half; low, high: percentile "
    "bootstrap over prompts"
)


class ImplicitReward(Record):
    """What one policy says of one response.

    Attributes:
        reward_id: content id of policy and response.
        variant: name of the policy within its start. policy_digest: identity of its weights.
        rule_reward: by the verdict's class, RULE_REWARDS.
        logp, reference_logp: summed over the response's tokens, in nats.
    """

    reward_id: str
    variant: str
    policy_digest: str
    response_id: str
    instruction_id: str
    label: Side
    verdict: Verdict
    rule_reward: float
    logp: float
    reference_logp: float

    @property
    def log_ratio(self) -> float:
        """The implicit reward divided by beta, in nats."""
        return self.logp - self.reference_logp


class _Wins(NamedTuple):
    """Of one prompt: (passing, failing) pairs ranked rightly, ties half, and all of them."""

    won: float
    total: int


def rule_class(verdict: Verdict) -> RuleReward:
    """Give the class of P2's rule: what neither passed nor failed nor compiled is an error."""
    if verdict in ("passed", "failed", "syntax_error"):
        return verdict
    return "error"


def summarise_rewards(rows: Sequence[ImplicitReward], config: BootstrapConfig) -> dict[str, Json]:
    """Say how often one policy ranks a passing above a failing response, and quartiles by class.

    auc and its interval are None where no prompt has both kinds.
    """
    groups = groupby(
        sorted(rows, key=lambda row: row.instruction_id), key=lambda row: row.instruction_id
    )
    wins = [one for one in (_wins(list(group)) for _, group in groups) if one.total]
    interval = _interval(wins, config) if wins else None
    return {
        "n_responses": len(rows),
        "n_prompts": len({row.instruction_id for row in rows}),
        "n_prompts_with_both": len(wins),
        "n_comparisons": sum(one.total for one in wins),
        "auc": sum(one.won for one in wins) / sum(one.total for one in wins) if wins else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "confidence": config.confidence,
        "log_ratio": {name: _quartiles(rows, name) for name in RULE_REWARDS},
        "definition": DEFINITION,
    }


def _wins(rows: Sequence[ImplicitReward]) -> _Wins:
    passing = [row.log_ratio for row in rows if row.label == "chosen"]
    failing = [row.log_ratio for row in rows if row.label == "rejected"]
    won = sum((p > f) + 0.5 * (p == f) for p in passing for f in failing)
    return _Wins(won, len(passing) * len(failing))


def _interval(wins: Sequence[_Wins], config: BootstrapConfig) -> Interval:
    """Draw prompts with replacement; a ratio of sums, so prompts with more pairs weigh more."""
    counts: NDArray[np.float64] = np.array(wins, dtype=np.float64)
    rng = np.random.default_rng(config.seed)
    drawn = rng.multinomial(len(wins), [1 / len(wins)] * len(wins), size=config.resamples)
    won, total = (drawn @ counts).T
    low, high = np.quantile(won / total, [(1 - config.confidence) / 2, (1 + config.confidence) / 2])
    return Interval(float(low), float(high))


def _quartiles(rows: Sequence[ImplicitReward], name: RuleReward) -> Json:
    values = [row.log_ratio for row in rows if rule_class(row.verdict) == name]
    numbers: list[float] = (
        [float(q) for q in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])] if values else []
    )
    return {"n": len(values), "rule_reward": RULE_REWARDS[name], "quartiles": numbers}
