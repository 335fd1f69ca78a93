"""What each training did, as texts: its size and loss, and how far it moved from its start."""

from codepref.lineage.leaf import Leaf
from codepref.report.numbers import Ratios, Study, Training, trainings
from codepref.report.tables import NONE, percent

TRAINED = (
    "model",
    "start",
    "variant",
    "pairs",
    "on-policy",
    "steps",
    "prompt, answer tokens an epoch",
    "first, last loss",
    "warnings",
)
MOVED = (
    "model",
    "start",
    "variant",
    "pairs",
    "n",
    "chosen log-ratio",
    "rejected log-ratio",
    "margin",
    "accuracy",
)


def trained_cells(study: Study) -> list[list[str]]:
    """Give a line for each training: what it read, how long it ran, what it was warned of."""
    return [_trained(leaf, found) for leaf, found in trainings(study)]


def moved_cells(study: Study) -> list[list[str]]:
    """Give two lines for each training: on the pairs it trained on, and on the held-out ones."""
    return [
        [*_names(leaf), kind, *_ratios(ratios)]
        for leaf, found in trainings(study)
        for kind, ratios in (("training", found.final), ("held-out", found.held_out))
    ]


def nats(value: float | None) -> str:
    """Write a difference of log-probabilities with its sign."""
    return NONE if value is None else f"{value:+.2f}"


def _trained(leaf: Leaf, found: Training) -> list[str]:
    loss, tokens = found.training["loss"], found.tokens_per_epoch
    losses = [NONE if value is None else f"{value:.4g}" for value in (loss.first, loss.last)]
    return [
        *_names(leaf),
        str(found.n_pairs),
        percent(found.on_policy_share),
        str(found.n_steps),
        f"{tokens.prompt}, {tokens.answers}",
        ", ".join(losses),
        _warnings(found),
    ]


def _names(leaf: Leaf) -> list[str]:
    return [leaf.model, leaf.start, leaf.variant]


def _ratios(found: Ratios) -> list[str]:
    return [
        str(found.n_pairs),
        nats(found.chosen_log_ratio),
        nats(found.rejected_log_ratio),
        nats(found.margin),
        percent(found.accuracy),
    ]


def _warnings(found: Training) -> str:
    warnings = []
    if found.chosen_likelihood_fell:
        warnings.append("chosen answers became less likely")
    if found.n_near_identical:
        warnings.append(f"{found.n_near_identical} near-identical pairs")
    return "; ".join(warnings) or NONE
