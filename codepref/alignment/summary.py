"""A training run in a few numbers. None of them is a time."""

from collections.abc import Sequence
from statistics import fmean

from codepref.alignment.curve import Step
from codepref.alignment.reference import ReferenceLogps
from codepref.alignment.rows import Row
from codepref.records import Json


def summarise_steps(columns: Sequence[str], steps: Sequence[Step]) -> dict[str, Json]:
    """Each column at the first and last step, and the check of the first; no steps, no values.

    `step_0` is the first step's forward pass, before any update: its loss, the loss of a policy
    equal to its reference, and h = the mean over pairs of |log-ratio gap|, in nats. What a step
    has no value for, such as a reward of a side that its batch has not, is None.
    """
    if not steps:
        return {"trained": False, "n_steps": 0, "training": None, "step_0": None}
    first, last = steps[0], steps[-1]
    return {
        "trained": True,
        "n_steps": len(steps),
        "training": {
            name: {"first": first.get(name), "last": last.get(name)} for name in columns[1:]
        },
        "step_0": {
            "loss": first["loss"],
            "expected_loss": first.get("loss_at_reference"),
            "h": first.get("abs_gap"),
        },
    }


def summarise_pairs(
    reference: Sequence[ReferenceLogps], final: Sequence[Sequence[float]]
) -> dict[str, Json]:
    """Means over pairs of log pi - log pi_ref at the end, in nats; None without pairs.

    `accuracy` is the fraction of pairs whose chosen side gained more than the rejected one. A
    negative chosen log-ratio says that the chosen answers became less likely.
    """
    names = ("chosen_log_ratio", "rejected_log_ratio", "margin", "accuracy")
    if not final:
        return {"n_pairs": 0, **dict.fromkeys(names)}
    ratios = [
        (chosen - row.chosen_logp, rejected - row.rejected_logp)
        for (chosen, rejected), row in zip(final, reference, strict=True)
    ]
    chosen, rejected = (fmean(side) for side in zip(*ratios, strict=True))
    return {
        "n_pairs": len(ratios),
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
