"""The values of a training run, one row per optimizer step."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepref.files import replacing

LAST_COLUMNS = ["entropy", "learning_rate", "grad_norm"]
LIKELIHOOD_COLUMNS = ["step", "loss", *LAST_COLUMNS]
UNPAIRED_COLUMNS = ["step", "loss", "rewards/chosen", "rewards/rejected", "kl", *LAST_COLUMNS]


def preference_columns(parts: Sequence[str]) -> list[str]:
    """Give the columns of a method on pairs, whose loss has these parts.

    loss: mean over the step's pairs. rewards/*: beta (log pi - log pi_ref), means. log_ratios/*:
    the same without beta, in nats. kl: mean over both sides of log pi_ref - log pi, in nats, an
    estimate of KL(pi_ref || pi) where the pairs were sampled from the reference; which of its
    samples stand in pairs is selected. entropy: in nats per token.
    """
    names = ["chosen", "rejected", "margins", "accuracies"]
    return [
        *("step", "loss", *parts),
        *(f"rewards/{name}" for name in names),
        *("log_ratios/chosen", "log_ratios/rejected", "kl", *LAST_COLUMNS),
    ]


Step = Mapping[str, float]


def training_steps(log_history: Sequence[Mapping[str, float]]) -> list[Step]:
    """Give the entries of a trainer's log that are optimizer steps, in order."""
    return [entry for entry in log_history if "loss" in entry]


def write_curve(path: Path, columns: Sequence[str], steps: Sequence[Step]) -> None:
    """Write steps as CSV with 6 significant digits; no steps, only the header.

    A step without some value, such as a reward of a side that its batch has not, leaves it empty.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(step.get(name)) for name in columns] for step in steps)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
