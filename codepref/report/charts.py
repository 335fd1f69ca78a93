"""Charts as SVG text: no clock, no random id, colours from the page's style sheet."""

import itertools
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple, get_args

from codepref.execution.rows import Verdict
from codepref.report.numbers import ScoredLeaf

PANEL_WIDTH, PANEL_HEIGHT = 380, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 130, 34, 30
LABEL_GAP = 15
WHISKER_GAP = 5
COLOURS = 15  # classes c0 ... c14 in the style sheet
VERDICTS: tuple[str, ...] = get_args(Verdict)
BAR_WIDTH, BAR_HEIGHT, BAR_LABEL = 560, 20, 170


class Slope(NamedTuple):
    """One line from a baseline to an aligned score, with the interval of the latter."""

    label: str
    colour: int
    before: float
    after: float
    low: float
    high: float


def slope_chart(title: str, rows: Sequence[ScoredLeaf], top: float) -> str:
    """Draw one pathway: the start's pass@1 on the left, each aligned variant's on the right.

    Args:
        title: what the panel shows.
        rows: one start on one benchmark, baseline included.
        top: upper end of the scale, so that panels can be compared.
    """
    slopes = _slopes(rows)
    if not slopes:
        return ""
    x0, x1 = LEFT, PANEL_WIDTH - RIGHT
    parts = [*_axis(title, x0, x1, top)]
    labels = _spread([_y(slope.after, top) for slope in slopes])
    for index, (slope, label_y) in enumerate(zip(slopes, labels, strict=True)):
        x = x1 + WHISKER_GAP * (index - (len(slopes) - 1) / 2)
        before, after = _y(slope.before, top), _y(slope.after, top)
        low, high = _y(slope.low, top), _y(slope.high, top)
        parts += [
            f'<g class="c{slope.colour}">',
            f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" class="whisker"/>',
            f'<line x1="{x0}" y1="{before:.1f}" x2="{x1}" y2="{after:.1f}" class="slope"/>',
            f'<circle cx="{x0}" cy="{before:.1f}" r="4"/>',
            f'<circle cx="{x1}" cy="{after:.1f}" r="4"/>',
            f'<text x="{x1 + 14}" y="{label_y + 4:.1f}">'
            f"{escape(slope.label)} {100 * slope.after:.1f}</text>",
            "</g>",
        ]
    return svg(PANEL_WIDTH, PANEL_HEIGHT, title, parts)


def scale_top(rows: Sequence[ScoredLeaf]) -> float:
    """Give the upper end of a scale that holds all intervals: a multiple of 5 percent."""
    highest = max((row.score.high or 0.0 for row in rows), default=0.0)
    return max(0.05, -(-highest // 0.05) * 0.05)


def mix_chart(title: str, rows: Mapping[str, Mapping[str, int]]) -> str:
    """Draw one stacked bar per row, all of one width: the share of each verdict.

    A verdict has the same colour in every chart; those that are zero in all rows are left to the
    table beside the chart.
    """
    names = [name for name in VERDICTS if any(row.get(name) for row in rows.values())]
    parts: list[str] = []
    for index, (label, row) in enumerate(rows.items()):
        y = TOP + index * (BAR_HEIGHT + 8)
        parts.append(f'<text x="0" y="{y + 14}">{escape(label)}</text>')
        x, total = float(BAR_LABEL), sum(row.values())
        for name in names:
            count = row.get(name, 0)
            width = (BAR_WIDTH - BAR_LABEL) * count / total if total else 0.0
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}"'
                f' class="c{VERDICTS.index(name)}">'
                f"<title>{escape(name)}: {count} of {total}</title></rect>"
            )
            x += width
    key_y = TOP + len(rows) * (BAR_HEIGHT + 8) + 16
    parts += _key(names, key_y)
    return svg(BAR_WIDTH, key_y + 18 * (1 + (len(names) - 1) // 4), title, parts)


def svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """Put the parts of a chart into one SVG element that has the title as its label."""
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>'
    )


def _slopes(rows: Sequence[ScoredLeaf]) -> list[Slope]:
    baseline = next((row.score.pass_at_1 for row in rows if row.leaf.cell is None), None)
    methods = list(dict.fromkeys(row.leaf.cell.method for row in rows if row.leaf.cell))
    if baseline is None:
        return []
    return [
        Slope(
            label=row.leaf.variant,
            colour=methods.index(row.leaf.cell.method) % COLOURS,
            before=baseline,
            after=row.score.pass_at_1,
            low=row.score.low if row.score.low is not None else row.score.pass_at_1,
            high=row.score.high if row.score.high is not None else row.score.pass_at_1,
        )
        for row in rows
        if row.leaf.cell is not None and row.score.pass_at_1 is not None
    ]


def _axis(title: str, x0: int, x1: int, top: float) -> list[str]:
    parts = [f'<text x="{x0}" y="16" class="title">{escape(title)}</text>']
    for fifth in range(6):
        value = top * fifth / 5
        y = _y(value, top)
        parts += [
            f'<line x1="{x0}" y1="{y:.1f}" x2="{x1}" y2="{y:.1f}" class="grid"/>',
            f'<text x="{x0 - 8}" y="{y + 4:.1f}" class="tick">{100 * value:.0f} %</text>',
        ]
    bottom = PANEL_HEIGHT - 8
    return [
        *parts,
        f'<text x="{x0}" y="{bottom}" class="middle">start</text>',
        f'<text x="{x1}" y="{bottom}" class="middle">aligned</text>',
    ]


def _y(value: float, top: float) -> float:
    return PANEL_HEIGHT - BOTTOM - (PANEL_HEIGHT - TOP - BOTTOM) * value / top


def _spread(wanted: Sequence[float]) -> list[float]:
    """Move labels apart so that none covers another; order is kept."""
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    placed = list(wanted)
    for above, below in itertools.pairwise(order):
        placed[below] = max(placed[below], placed[above] + LABEL_GAP)
    over = max(0.0, placed[order[-1]] - (PANEL_HEIGHT - BOTTOM)) if order else 0.0
    return [y - over for y in placed]


def _key(names: Sequence[str], top: int) -> list[str]:
    parts = []
    for index, name in enumerate(names):
        x, y = 140 * (index % 4), top + 18 * (index // 4)
        parts += [
            f'<rect x="{x}" y="{y - 10}" width="12" height="12" class="c{VERDICTS.index(name)}"/>',
            f'<text x="{x + 18}" y="{y}">{escape(name)}</text>',
        ]
    return parts
