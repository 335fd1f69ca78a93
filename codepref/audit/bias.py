"""Checks on what the lengths of the two sides alone tell."""

from statistics import fmean

import numpy as np

from codepref.audit.config import AuditPairsConfig
from codepref.audit.lengths import Floats, ratio_hits, sign_hits
from codepref.audit.rows import Check
from codepref.audit.sides import SIDES, pair_findings
from codepref.database import Database
from codepref.records import Json, content_id
from codepref.statistics.intervals import wilson_interval

LENGTHS = f"""{SIDES}
SELECT instruction_id, chosen_tokens, rejected_tokens, length(chosen), length(rejected)
FROM sides ORDER BY pair_id
"""
WIDEST = f"""{SIDES}
SELECT pair_id, chosen_tokens || ' tokens chosen, ' || rejected_tokens || ' rejected' FROM sides
ORDER BY abs(ln((chosen_tokens + 1) / (rejected_tokens + 1))) DESC, pair_id LIMIT ?
"""


def check_lengths(db: Database, config: AuditPairsConfig) -> list[Check]:
    """Hold the accuracy of length-only classifiers to bounds.

    The gate reads the lower end of Wilson's interval: the accuracy is an estimate of what a
    training could learn from lengths, and few pairs are no evidence of a bias. The examples are
    the pairs with the widest gap.
    """
    rows = db.rows(LENGTHS)
    folds = np.array([int(content_id(row[0]), 16) % config.folds for row in rows], dtype=np.int64)
    columns = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 4)
    tokens, characters = columns[:, :2], columns[:, 2:]
    hits = {
        "length_tokens": sign_hits(tokens[:, 0], tokens[:, 1]),
        "length_characters": sign_hits(characters[:, 0], characters[:, 1]),
        "length_ratio": ratio_hits(_log_ratios(tokens), folds),
    }
    widest = dict(db.rows(WIDEST, [config.examples]))
    return [_check(db, name, n, len(rows), widest, config) for name, n in hits.items()]


def describe_lengths(db: Database) -> dict[str, Json]:
    """Give how often the chosen side is longer and by how much, in tokens and in characters."""
    columns = np.array([row[1:] for row in db.rows(LENGTHS)], dtype=np.float64).reshape(-1, 4)
    return {"tokens": _gap(columns[:, :2]), "characters": _gap(columns[:, 2:])}


def quartiles(values: Floats) -> list[float] | None:
    """Give smallest, lower quartile, median, upper quartile and largest; None of no values."""
    if not len(values):
        return None
    return [float(value) for value in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])]


def _check(
    db: Database, name: str, n: float, total: int, widest: dict[str, str], config: AuditPairsConfig
) -> Check:
    bound: float | None = getattr(config.bounds, name)
    if not total:
        return Check(name, n, total, None, bound, [], {"low": None, "high": None})
    low, high = wilson_interval(n / total, total, config.confidence)
    examples = pair_findings(db, name, widest) if name == "length_tokens" else []
    return Check(name, n, total, low, bound, examples, {"low": low, "high": high})


def _log_ratios(sides: Floats) -> Floats:
    logs: Floats = np.log(sides[:, 0] + 1) - np.log(sides[:, 1] + 1)  # an answer may be empty
    return logs


def _gap(sides: Floats) -> dict[str, Json]:
    if not len(sides):
        return {"chosen_longer": None, "equal": None, "mean_gap": None, "log_ratio_quartiles": None}
    gaps = sides[:, 0] - sides[:, 1]
    return {
        "chosen_longer": fmean(gaps > 0),
        "equal": fmean(gaps == 0),
        "mean_gap": fmean(gaps),
        "log_ratio_quartiles": quartiles(_log_ratios(sides)),
    }
