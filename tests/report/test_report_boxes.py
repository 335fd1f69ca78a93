"""The chart of boxes: heights follow the numbers."""

import re
import xml.etree.ElementTree as ET

import pytest

from codepref.report.boxes import Box, box_chart

NUMBER = r'"(-?[\d.]+)"'


def ticks(chart: str) -> list[tuple[float, float]]:
    """Height and value of each tick."""
    found = re.findall(rf'y={NUMBER} class="tick">(-?[\d.e-]+)</text>', chart)
    return [(float(y) - 4, float(value)) for y, value in found]


def test_a_box_stands_at_its_quartiles_on_the_scale() -> None:
    """Quartiles that are ticks stand at the heights of these ticks."""
    chart = box_chart("t", [Box("passed", "+1", 5, [-2.0, -1.0, 0.0, 1.0, 2.0])])
    height = {value: y for y, value in ticks(chart)}
    (stem,) = re.findall(rf'y1={NUMBER} x2="[\d.]+" y2={NUMBER} class="stem"', chart)
    (rect,) = re.findall(rf'y={NUMBER} width="36" height={NUMBER}', chart)
    (median,) = re.findall(rf'y1={NUMBER} x2="[\d.]+" y2={NUMBER} class="slope"', chart)
    assert [float(y) for y in stem] == [height[-2], height[2]]
    assert float(rect[0]) == height[1]
    assert float(rect[0]) + float(rect[1]) == pytest.approx(height[-1], abs=0.11)
    assert float(median[0]) == float(median[1]) == height[0]


@pytest.mark.parametrize("values", [[3.1] * 5, [-0.004, 0, 0, 0, 0.003], [0.0] * 5, [-170.0] * 5])
def test_the_scale_is_round_and_holds_zero_and_all_values(values: list[float]) -> None:
    found = [value for _, value in ticks(box_chart("t", [Box("passed", "+1", 5, values)]))]
    assert 2 <= len(found) <= 8 and 0 in found
    assert min(found) <= min(values) and max(values) <= max(found)


def test_a_class_without_values_has_its_label_and_no_box() -> None:
    boxes = [Box("passed", "+1", 1, [1.0] * 5), Box("error", "-0.6", 0, [])]
    chart = box_chart("a <b>", boxes)
    assert "-0.6, n 0" in chart
    assert chart.count("<rect") == 1
    ET.fromstring(chart)


def test_without_any_value_there_is_no_chart() -> None:
    assert box_chart("t", [Box("passed", "+1", 0, [])]) == ""
