"""The reward that each policy has learnt, held to what execution says of held-out responses."""

from codepref.lineage.leaf import Leaf, leaves
from codepref.report.boxes import Box, box_chart
from codepref.report.numbers import Numbers, Study, part
from codepref.report.tables import NONE

REWARDS = (
    "model",
    "start",
    "variant",
    "prompts",
    "responses",
    "prompts with both",
    "comparisons",
    "AUC",
    "interval",
)


class ByClass(Numbers):
    """Log-ratios of the responses of one class of the rule: minimum, quartiles, maximum."""

    n: int
    rule_reward: float
    quartiles: list[float]


class LearntReward(Numbers):
    """metrics/score_rewards/<start>.json, of one variant. auc: None without comparisons."""

    n_prompts: int
    n_responses: int
    n_prompts_with_both: int
    n_comparisons: int
    auc: float | None
    low: float | None
    high: float | None
    log_ratio: dict[str, ByClass]


def reward_cells(study: Study) -> list[list[str]]:
    """Give a line for each training."""
    return [_line(leaf, found) for leaf, found in _learnt(study)]


def reward_charts(study: Study) -> list[str]:
    """Draw the log-ratios of each training by the class of the rule, the best class first.

    Source: Miao et al. 2024, arXiv:2410.18585, figure 1.
    """
    charts = [
        box_chart(f"{leaf.start_key} {leaf.variant}", _boxes(found))
        for leaf, found in _learnt(study)
    ]
    return [chart for chart in charts if chart]


def _learnt(study: Study) -> list[tuple[Leaf, LearntReward]]:
    found = [leaf for leaf in leaves(study.grid) if leaf.cell]
    return [(leaf, _of_leaf(study, leaf)) for leaf in found]


def _of_leaf(study: Study, leaf: Leaf) -> LearntReward:
    file = f"score_rewards/{leaf.start_key}.json"
    return part(study, file, LearntReward, "variants", leaf.variant)


def _line(leaf: Leaf, found: LearntReward) -> list[str]:
    between = NONE
    if found.low is not None and found.high is not None:
        between = f"{found.low:.3f} to {found.high:.3f}"
    return [
        leaf.model,
        leaf.start,
        leaf.variant,
        str(found.n_prompts),
        str(found.n_responses),
        str(found.n_prompts_with_both),
        str(found.n_comparisons),
        NONE if found.auc is None else f"{found.auc:.3f}",
        between,
    ]


def _boxes(found: LearntReward) -> list[Box]:
    ordered = sorted(found.log_ratio.items(), key=lambda item: -item[1].rule_reward)
    return [Box(name, f"{one.rule_reward:+g}", one.n, one.quartiles) for name, one in ordered]
