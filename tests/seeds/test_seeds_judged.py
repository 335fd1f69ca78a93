"""Calibration on labels, and what it makes of seeds."""

import pytest

from codepref.errors import DataError
from codepref.sampling.engine import Request
from codepref.seeds.calibration import Judged, balanced_accuracy, calibrate, measure
from codepref.seeds.judge import REASONS, Judge, Label, Shot, Votes
from codepref.seeds.judged import JudgedSeeds, judge_seeds
from tests.seeds.judge_config import JUDGE, FakeVoter, seed_named

SEEDS = [seed_named(name) for name in ("poor", "fine", "half", "mute")]
LABELS = [Label(code=seed_named(f"fine{i}").code, fault=None) for i in range(3)] + [
    Label(code=seed_named(f"poor{i}").code, fault="vague") for i in range(3)
]
SHOTS = [Shot(code=seed_named(f"shot{i}").code, verdict="Yes", reason="plain.") for i in range(3)]


def judged(*yes_of_four: int, good: bool) -> list[Judged]:
    return [
        Judged(good=good, votes=Votes(yes=yes, no=4 - yes, unread=0, fits=True))
        for yes in yes_of_four
    ]


def opinion(request: Request) -> str:
    """By the name of the function in question: of "half" two of four votes are Yes."""
    name = request.prompt.rpartition("def ")[2]
    if name.startswith("mute"):
        return " Hm"
    return (
        " Yes"
        if name.startswith("fine") or ("half" in name and request.sample_index < 2)
        else " No"
    )


def sieve(**changes: object) -> JudgedSeeds:
    config = JUDGE.model_copy(update=changes)
    judge = Judge(SHOTS, config, FakeVoter(opinion).completer())
    return judge_seeds(SEEDS, LABELS, judge, config)


def test_the_threshold_has_the_best_balanced_accuracy() -> None:
    """Kept of good 3, 4, 2 and of bad 0, 1, 3: at 2/4 (3/3 + 2/3) / 2, at 3/4 (2/3 + 2/3) / 2."""
    some = judged(3, 4, 2, good=True) + judged(0, 1, 3, good=False)
    assert calibrate(some, 4) == 0.5
    assert balanced_accuracy(some, 0.5) == pytest.approx(5 / 6)
    assert balanced_accuracy(some, 0.75) == pytest.approx(4 / 6)


def test_of_equally_good_thresholds_the_strictest_is_taken() -> None:
    assert calibrate(judged(4, 4, good=True) + judged(0, 1, good=False), 4) == 1.0
    assert (
        calibrate(judged(2, 2, good=True) + judged(2, 2, good=False), 4) == 1.0
    )  # no judge at all


def test_an_accuracy_of_one_kind_is_not_balanced() -> None:
    with pytest.raises(ValueError, match="good and bad"):
        calibrate(judged(4, good=True), 4)


def test_the_measure_gives_accuracy_auc_and_counts() -> None:
    some = judged(4, 4, 1, good=True) + judged(0, 1, 4, good=False)
    numbers = measure(some, 1.0, JUDGE)
    assert numbers["accuracy"] == numbers["balanced_accuracy"] == pytest.approx(4 / 6)
    assert numbers["auc"] == pytest.approx((2 + 2 + 1 + 3 * 0.5) / 9)
    assert (numbers["n_good"], numbers["n_bad"]) == (3, 3)
    assert numbers["rejected"] == dict.fromkeys(REASONS, 0) | {"judged_poor": 3}


def test_seeds_are_kept_or_rejected_with_the_votes() -> None:
    found = sieve()
    assert [seed.name for seed in found.kept] == ["fine"]
    assert {reject.name: (reject.rule, reject.detail) for reject in found.rejects} == {
        "poor": ("judged_poor", "yes 0, no 4, neither 0; threshold 1.000"),
        "half": ("tie", "yes 2, no 2, neither 0; threshold 1.000"),
        "mute": ("unparsable", "yes 0, no 0, neither 4; threshold 1.000"),
    }
    metrics = found.metrics()
    assert metrics["rejected"] == {
        "prompt_too_long": 0,
        "unparsable": 1,
        "tie": 1,
        "judged_poor": 1,
    }
    assert (metrics["seeds"], metrics["kept"], metrics["threshold"]) == (4, 1, 1.0)


def test_a_fixed_threshold_is_obeyed() -> None:
    assert {seed.name for seed in sieve(threshold=0.5).kept} == {"fine", "half"}


def test_a_judge_that_keeps_nothing_stops_the_study() -> None:
    judge = Judge(SHOTS, JUDGE, FakeVoter.always(" No").completer())
    with pytest.raises(DataError, match=r"keeps none of 4 seeds: judged_poor 4; .*enabled: false"):
        judge_seeds(SEEDS, LABELS, judge, JUDGE)


def test_a_labelled_set_of_one_kind_is_refused() -> None:
    judge = Judge(SHOTS, JUDGE, FakeVoter.always(" No").completer())
    with pytest.raises(DataError, match="3 good and 0 bad"):
        judge_seeds(SEEDS, LABELS[:3], judge, JUDGE)
