"""How well the judge tells good docstrings from bad ones, and the threshold that does it best."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codepref.records import Json
from codepref.seeds.config import JudgeSeedsConfig
from codepref.seeds.judge import REASONS, Votes
from codepref.statistics.auc import auc, auc_interval
from codepref.statistics.intervals import wilson_interval

DEFINITION = (
    "Of the labelled docstrings. accuracy: share decided rightly at the threshold; "
    "balanced_accuracy: mean of the shares of good ones kept and bad ones rejected; "
    "accuracy_left_out: each decided at the threshold that the others choose. auc: share of "
    "(good, bad) pairs in which the good one has more of its votes, ties half. A docstring "
    "without a vote scores 0"
)


@dataclass(frozen=True)
class Judged:
    """A labelled docstring and the votes on it."""

    good: bool
    votes: Votes


def calibrate(judged: Sequence[Judged], votes: int) -> float:
    """Give the threshold with the best balanced accuracy; of equal ones the strictest.

    Candidates are all fractions that `votes` votes can give, and those seen; a score of 0 never
    passes.

    Raises:
        ValueError: the docstrings are not of both kinds.
    """
    seen = {item.votes.score for item in judged}
    candidates = sorted({vote / votes for vote in range(1, votes + 1)} | (seen - {0.0}))
    return max(candidates, key=lambda threshold: (balanced_accuracy(judged, threshold), threshold))


def balanced_accuracy(judged: Sequence[Judged], threshold: float) -> float:
    """Mean of the share of good ones kept and the share of bad ones rejected.

    Raises:
        ValueError: the docstrings are not of both kinds.
    """
    shares = []
    for good in (True, False):
        right = [_right(item, threshold) for item in judged if item.good is good]
        if not right:
            raise ValueError("a balanced accuracy needs good and bad docstrings")
        shares.append(sum(right) / len(right))
    return sum(shares) / 2


def measure(
    judged: Sequence[Judged], threshold: float, config: JudgeSeedsConfig
) -> dict[str, Json]:
    """Give the numbers of metrics/judge_seeds.json on the labelled set."""
    good = [item.votes.score for item in judged if item.good]
    bad = [item.votes.score for item in judged if not item.good]
    n = len(judged)
    accuracy = sum(_right(item, threshold) for item in judged) / n
    interval = auc_interval(good, bad, config.interval)
    of_accuracy = wilson_interval(accuracy, n, config.interval.confidence)
    left_out = [
        _right(item, calibrate([*judged[:i], *judged[i + 1 :]], config.votes))
        for i, item in enumerate(judged)
    ]
    reasons: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
    reasons.update(filter(None, (item.votes.reject_reason(threshold) for item in judged)))
    return {
        "definition": DEFINITION,
        "n_good": len(good),
        "n_bad": len(bad),
        "accuracy": accuracy,
        "accuracy_low": of_accuracy.low,
        "accuracy_high": of_accuracy.high,
        "accuracy_left_out": sum(left_out) / n,
        "balanced_accuracy": balanced_accuracy(judged, threshold),
        "auc": auc(good, bad),
        "auc_low": interval.low,
        "auc_high": interval.high,
        "confidence": config.interval.confidence,
        "votes_unread": sum(item.votes.unread for item in judged),
        "rejected": dict(reasons),
    }


def _right(item: Judged, threshold: float) -> bool:
    return (item.votes.reject_reason(threshold) is None) is item.good
