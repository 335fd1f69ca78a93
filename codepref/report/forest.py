"""A forest plot as SVG text: differences to the baseline with their intervals."""

from collections.abc import Sequence
from html import escape

from codepref.report.charts import svg
from codepref.report.measured import Measured
from codepref.report.noise import Difference, difference_cell
from codepref.report.scale import Scale, round_scale

WIDTH, LABEL, NUMBERS = 860, 250, 210  # whole, left of the axis, right of it
TOP, LINE, GAP = 34, 18, 10
TICKS = 6  # wished for
LEAST = 0.5  # each side of zero, where all differences are smaller
UNIT = {
    "pass@1": "percentage points; DPS of EvalPerf in points of 100",
    "rating": "points of 10",
}


def forest_charts(rows: Sequence[Measured]) -> list[str]:
    """Draw a chart for each start, and one for its ratings; all of a unit have one scale.

    Each line is one aligned variant on one benchmark. A difference within noise is drawn hollow.
    """
    charts = []
    for unit, wanted in (("pass@1", ("pass@1", "DPS")), ("rating", ("rating",))):
        lines = [
            row
            for row in rows
            if row.score.unit in wanted and not row.dimension and _known(row.gain)
        ]
        ends = [end for row in lines for end in _ends(row.gain)]
        scale = round_scale(min([-LEAST, *ends]), max([LEAST, *ends]), TICKS)
        for key in dict.fromkeys(row.leaf.start_key for row in lines):
            own = [row for row in lines if row.leaf.start_key == key]
            charts.append(_chart(f"{key}: difference to baseline, {UNIT[unit]}", own, scale))
    return charts


def _chart(title: str, rows: Sequence[Measured], scale: Scale) -> str:
    parts, y = [f'<text x="0" y="16" class="title">{escape(title)}</text>'], TOP
    for benchmark in dict.fromkeys(row.benchmark for row in rows):
        y += LINE
        parts.append(f'<text x="0" y="{y}" class="group">{escape(benchmark)}</text>')
        for row in rows:
            if row.benchmark == benchmark and row.gain is not None:
                y += LINE
                parts += _line(row.leaf.variant, row.gain, y, scale)
        y += GAP
    return svg(WIDTH, y + 24, title, [*_axis(scale, y), *parts])


def _line(label: str, gain: Difference, y: int, scale: Scale) -> list[str]:
    low, value, high = (_x(end, scale) for end in _ends(gain))
    hollow = " hollow" if gain.within_noise else ""
    text = difference_cell(gain)
    return [
        f'<text x="12" y="{y}">{escape(label)}</text>',
        f'<g class="c0{hollow}"><title>{escape(label)}: {escape(text)}</title>',
        f'<line x1="{low:.1f}" y1="{y - 4}" x2="{high:.1f}" y2="{y - 4}" class="stem"/>',
        f'<circle cx="{value:.1f}" cy="{y - 4}" r="4"/>',
        "</g>",
        f'<text x="{WIDTH - NUMBERS + 14}" y="{y}">{escape(text)}</text>',
    ]


def _axis(scale: Scale, bottom: int) -> list[str]:
    parts = []
    for value in scale.ticks():
        x, css = _x(value, scale), "zero" if abs(value) < scale.step / 2 else "grid"
        parts += [
            f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" class="{css}"/>',
            f'<text x="{x:.1f}" y="{bottom + 16}" class="middle">{value:+.3g}</text>',
        ]
    return parts


def _known(gain: Difference | None) -> bool:
    return gain is not None and gain.value is not None


def _ends(gain: Difference | None) -> tuple[float, float, float]:
    """Give low, value and high; the value itself where there is no interval."""
    value = (gain.value if gain else None) or 0.0
    low = value if gain is None or gain.low is None else gain.low
    high = value if gain is None or gain.high is None else gain.high
    return low, value, high


def _x(value: float, scale: Scale) -> float:
    return LABEL + (WIDTH - LABEL - NUMBERS) * scale.share(value)
