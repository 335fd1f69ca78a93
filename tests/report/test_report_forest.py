"""The forest plot: places follow the differences, a hollow dot is within noise."""

import re
import xml.etree.ElementTree as ET

import pytest

from codepref.grid import Cell
from codepref.lineage.leaf import Leaf
from codepref.report.forest import forest_charts
from codepref.report.measured import Measured
from codepref.report.noise import Difference, Estimate, Unit

NUMBER = r'"(-?[\d.]+)"'


def row(
    method: str,
    ends: tuple[float, float, float] | None,
    *,
    noise: bool = False,
    start: str = "pretrained",
    benchmark: str = "humaneval",
    unit: Unit = "pass@1",
) -> Measured:
    low, value, high = ends or (None, None, None)
    return Measured(
        leaf=Leaf(model="m", start=start, cell=Cell(method=method, seed=0), stage=""),
        benchmark=benchmark,
        dimension="",
        n_tasks=9,
        score=Estimate(unit=unit, value=10.0, low=None, high=None),
        gain=Difference(
            unit=unit, value=value, low=low, high=high, n_tasks=9, p=None, within_noise=noise
        ),
    )


def ticks(chart: str) -> dict[float, float]:
    """Place of each tick by its value."""
    found = re.findall(rf'<text x={NUMBER} y="\d+" class="middle">([+-][\d.]+)</text>', chart)
    return {float(value): float(x) for x, value in found}


def test_dot_and_whiskers_stand_at_the_difference_and_its_interval() -> None:
    (chart,) = forest_charts([row("dpo", (-5.0, 0.0, 5.0))])
    place = ticks(chart)
    (stem,) = re.findall(rf'x1={NUMBER} y1="\d+" x2={NUMBER} y2="\d+" class="stem"', chart)
    (dot,) = re.findall(rf"<circle cx={NUMBER}", chart)
    (zero,) = re.findall(rf'x1={NUMBER} y1="\d+" x2="[\d.]+" y2="\d+" class="zero"', chart)
    low, high = (float(x) for x in stem)
    assert float(dot) == float(zero) == place[0.0]
    assert low < float(dot) < high
    assert float(dot) - low == pytest.approx(high - float(dot), abs=0.11)
    assert low == pytest.approx(place[-4.0] - (place[-2.0] - place[-4.0]) / 2, abs=0.11)


def test_a_difference_within_noise_alone_is_hollow() -> None:
    (chart,) = forest_charts([row("a", (1, 2, 3)), row("b", (-1, 2, 3), noise=True)])
    groups = re.findall(r'<g class="(c0[^"]*)"><title>(\w)-0', chart)
    assert groups == [("c0", "a"), ("c0 hollow", "b")]


def test_a_chart_for_each_start_and_a_group_for_each_benchmark() -> None:
    rows = [
        row("a", (1, 2, 3), start=start, benchmark=benchmark)
        for benchmark in ("humaneval", "mbpp")
        for start in ("pretrained", "finetuned")
    ]
    charts = forest_charts(rows)
    assert len(charts) == 2
    for chart in charts:
        assert re.findall(r'class="group">(\w+)<', chart) == ["humaneval", "mbpp"]
        assert chart.count("<circle") == 2
    assert ticks(charts[0]) == ticks(charts[1])  # charts of one unit can be compared


def test_ratings_have_a_chart_of_their_own_scale() -> None:
    rows = [row("a", (10, 20, 30)), row("a", (0.1, 0.2, 0.3), benchmark="judged", unit="rating")]
    first, second = forest_charts(rows)
    assert max(ticks(first)) >= 30 and max(ticks(second)) <= 1
    assert "points of 10" in second


def test_a_variant_without_a_difference_has_no_line_and_names_are_escaped() -> None:
    (chart,) = forest_charts([row("<b>", (1, 2, 3)), row("b", None)])
    ET.fromstring(chart)
    assert chart.count("<circle") == 1
    assert forest_charts([row("b", None)]) == []


def test_differences_that_are_all_zero_have_a_scale() -> None:
    (chart,) = forest_charts([row("a", (0, 0, 0))])
    assert min(ticks(chart)) <= -0.5 and max(ticks(chart)) >= 0.5
