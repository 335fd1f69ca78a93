"""The values of a training run, one row per optimizer step."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepref.files import replacing

PREFERENCE_COLUMNS = [
    "step",
    "loss",
    "rewards/chosen",
    "rewards/rejected",
    "rewards/margins",
    "rewards/accuracies",
    "log_ratios/chosen",
    "log_ratios/rejected",
    "learning_rate",
    "grad_norm",
]
LIKELIHOOD_COLUMNS = ["step", "loss", "learning_rate", "grad_norm"]

Step = Mapping[str, float]


def training_steps(log_history: Sequence[Mapping[str, float]]) -> list[Step]:
    """Give the entries of a trainer's log that are optimizer steps, in order."""
    return [entry for entry in log_history if "loss" in entry]


def write_curve(path: Path, columns: Sequence[str], steps: Sequence[Step]) -> None:
    """Write steps as CSV with 6 significant digits; no steps, only the header."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{step[name]:.6g}" for name in columns] for step in steps)
