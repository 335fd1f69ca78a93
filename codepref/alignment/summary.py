"""A training run in a few numbers. None of them is a time."""

from collections.abc import Sequence
from statistics import fmean

from codepref.alignment.curve import Step
from codepref.alignment.rows import Row
from codepref.records import Json


def summarise_steps(steps: Sequence[Step]) -> dict[str, Json]:
    """First and last loss and gradient norm, and the step-0 checks; None where no step was made.

    `step_0` is the first step's forward pass, before any update: its loss, the loss of a policy
    equal to its reference, and h = the mean over pairs of |log-ratio gap|, in nats.
    """
    if not steps:
        return {"trained": False, "n_steps": 0, "loss": None, "step_0": None, "grad_norm": None}
    first, last = steps[0], steps[-1]
    return {
        "trained": True,
        "n_steps": len(steps),
        "loss": {"first": first["loss"], "last": last["loss"]},
        "grad_norm": {"first": first["grad_norm"], "last": last["grad_norm"]},
        "step_0": {
            "loss": first["loss"],
            "expected_loss": first.get("loss_at_reference"),
            "h": first.get("abs_gap"),
        },
    }


def summarise_rewards(steps: Sequence[Step]) -> dict[str, Json]:
    """Implicit rewards at the first and last step; each pair is seen before its own update."""
    names = [name for name in (steps[0] if steps else {}) if name.startswith("rewards/")]
    return {name: {"first": steps[0][name], "last": steps[-1][name]} for name in sorted(names)}


def summarise_pairs(
    reference: Sequence[Sequence[float]], final: Sequence[Sequence[float]]
) -> dict[str, Json]:
    """Means over the training pairs of log pi - log pi_ref at the end, in nats; None without pairs.

    `accuracy` is the fraction of pairs whose chosen side gained more than the rejected one. A
    negative chosen log-ratio says that the chosen answers became less likely.
    """
    names = ("chosen_log_ratio", "rejected_log_ratio", "margin", "accuracy")
    if not final:
        return dict.fromkeys(names)
    ratios = [
        [new - old for new, old in zip(*pair, strict=True)]
        for pair in zip(final, reference, strict=True)
    ]
    chosen, rejected = (fmean(side) for side in zip(*ratios, strict=True))
    return {
        "chosen_log_ratio": chosen,
        "rejected_log_ratio": rejected,
        "margin": chosen - rejected,
        "accuracy": fmean(c > r for c, r in ratios),
    }


def count_tokens(rows: Sequence[Row]) -> dict[str, Json]:
    """Tokens of one epoch: of the prompts, each read once, and of the answers in the loss."""
    return {
        "prompt": sum(len(row.prompt) for row in rows),
        "answers": sum(row.n_answer_tokens for row in rows),
    }
