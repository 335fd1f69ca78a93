"""Charts: positions follow the numbers, labels stay apart."""

import itertools
import re

from codepref.grid import Cell
from codepref.lineage.leaf import Leaf
from codepref.report.charts import COLOURS, LABEL_GAP, VERDICTS, mix_chart, scale_top, slope_chart
from codepref.report.numbers import CleanScore, Score, ScoredLeaf


def scored(method: str | None, value: float | None) -> ScoredLeaf:
    high = None if value is None else value + 0.1
    return ScoredLeaf(
        leaf=Leaf(
            model="m",
            start="s",
            cell=Cell(method=method, seed=0) if method else None,
            stage=f"align@m-s-{method}-0" if method else "",
        ),
        benchmark="humaneval",
        score=Score(
            pass_at_1=value,
            low=value,
            high=high,
            n_tasks=10,
            policy_digest="d",
            verdicts={},
            clean=CleanScore(pass_at_1=None, low=None, high=None, n_tasks=0, n_touched=10),
        ),
        comparison=None,
    )


def test_the_scale_holds_every_interval_at_a_multiple_of_five_percent() -> None:
    assert scale_top([scored(None, 0.11)]) == 0.25
    assert scale_top([scored(None, None)]) == 0.05


def test_a_rise_goes_up_and_a_fall_goes_down() -> None:
    chart = slope_chart("t", [scored(None, 0.2), scored("a", 0.3), scored("b", 0.1)], 0.5)
    lines = re.findall(r'y1="([\d.]+)" x2="\d+" y2="([\d.]+)" class="slope"', chart)
    (up_from, up_to), (down_from, down_to) = [(float(a), float(b)) for a, b in lines]
    assert up_from == down_from
    assert up_to < up_from < down_to


def test_equal_scores_have_labels_apart() -> None:
    rows = [scored(None, 0.2), *(scored(name, 0.2) for name in "abc")]
    ys = [
        float(y)
        for y in re.findall(r'<text x="\d+" y="([\d.]+)">[abc]-0', slope_chart("t", rows, 0.5))
    ]
    assert sorted(b - a for a, b in itertools.pairwise(ys)) == [LABEL_GAP] * 2


def test_without_a_baseline_score_there_is_no_chart() -> None:
    assert slope_chart("t", [scored(None, None), scored("a", 0.2)], 0.5) == ""


def test_a_bar_is_as_wide_as_its_share() -> None:
    chart = mix_chart("t", {"x": {"passed": 1, "failed": 3, "timeout": 0}})
    widths = [float(w) for w in re.findall(r'width="([\d.]+)" height="20"', chart)]
    assert widths[1] == 3 * widths[0]
    assert "timeout" not in chart


def test_no_answers_give_an_empty_bar() -> None:
    assert "<rect" not in mix_chart("t", {"x": {"passed": 0}})


def test_every_verdict_has_a_colour_of_its_own() -> None:
    assert len(VERDICTS) <= COLOURS
