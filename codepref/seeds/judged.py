"""Seeds that the judge keeps and those it turns away, at a threshold that labels calibrate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from codepref.errors import DataError
from codepref.records import Json, content_id
from codepref.seeds.calibration import Judged, calibrate, measure
from codepref.seeds.config import JudgeSeedsConfig
from codepref.seeds.judge import REASONS, Judge, Label, Votes
from codepref.seeds.rows import RejectedSeed, Seed


@dataclass(frozen=True)
class JudgedSeeds:
    """What became of the seeds; without a judge all are kept.

    Attributes:
        threshold: fraction of Yes votes that a seed needs; None without a judge.
        labels: how the judge does on the labelled set; None without a judge.
    """

    kept: Sequence[Seed]
    rejects: Sequence[RejectedSeed] = ()
    threshold: float | None = None
    labels: dict[str, Json] | None = field(default=None)

    def metrics(self) -> dict[str, Json]:
        """Give the counts, zeros too, and the judge's measure."""
        reasons: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
        reasons.update(reject.rule for reject in self.rejects)
        return {
            "enabled": self.threshold is not None,
            "seeds": len(self.kept) + len(self.rejects),
            "kept": len(self.kept),
            "rejected": dict(reasons),
            "threshold": self.threshold,
            "labels": self.labels,
        }


def judge_seeds(
    seeds: Sequence[Seed], labels: Sequence[Label], judge: Judge, config: JudgeSeedsConfig
) -> JudgedSeeds:
    """Ask the judge about labels and seeds, choose the threshold, and sieve.

    Raises:
        DataError: the labelled set is too small or one-sided, or no seed is left.
    """
    ids = [content_id("label", label.code) for label in labels]
    _require_both_kinds(labels)
    votes = judge.vote(
        dict(zip(ids, (label.code for label in labels), strict=True))
        | {seed.seed_id: seed.code for seed in seeds}
    )
    known = [
        Judged(good=label.fault is None, votes=votes[name])
        for name, label in zip(ids, labels, strict=True)
    ]
    calibrated = config.threshold == "calibrated"
    threshold = calibrate(known, config.votes) if calibrated else float(config.threshold)
    rejects = [
        _reject(seed, reason, votes[seed.seed_id], threshold)
        for seed in seeds
        if (reason := votes[seed.seed_id].reject_reason(threshold)) is not None
    ]
    gone = {reject.seed_id for reject in rejects}
    judged = JudgedSeeds(
        kept=[seed for seed in seeds if seed.seed_id not in gone],
        rejects=rejects,
        threshold=threshold,
        labels=measure(known, threshold, config),
    )
    if seeds and not judged.kept:
        raise DataError(_none_kept(judged))
    return judged


def _reject(seed: Seed, reason: str, votes: Votes, threshold: float) -> RejectedSeed:
    detail = f"yes {votes.yes}, no {votes.no}, neither {votes.unread}; threshold {threshold:.3f}"
    return RejectedSeed(
        seed_id=seed.seed_id,
        name=seed.name,
        source=seed.source,
        path=seed.path,
        rule=reason,
        detail=detail,
    )


def _require_both_kinds(labels: Sequence[Label]) -> None:
    good = sum(label.fault is None for label in labels)
    if min(good, len(labels) - good) < 2:
        raise DataError(
            f"the labelled set has {good} good and {len(labels) - good} bad docstrings; the judge "
            "is measured on two of each at least"
        )


def _none_kept(judged: JudgedSeeds) -> str:
    taken = Counter(reject.rule for reject in judged.rejects)
    counts = ", ".join(f"{rule} {n}" for rule, n in taken.most_common())
    return (
        f"the judge keeps none of {len(judged.rejects)} seeds: {counts}; name another "
        "judge_seeds.generator, a lower threshold, or set judge_seeds.enabled: false"
    )
