"""A chart of boxes as SVG text: quartiles of one number in several classes."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from codepref.report.charts import VERDICTS, svg
from codepref.report.scale import Scale, round_scale

WIDTH, HEIGHT = 380, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 34, 46
BOX_WIDTH = 36
TICKS = 5  # wished for; there are between 3 and 7


class Box(NamedTuple):
    """One class: its name, what stands below it, n, and its 5 quartiles; none without values."""

    name: str
    below: str
    n: int
    quartiles: Sequence[float]


def box_chart(title: str, boxes: Sequence[Box]) -> str:
    """Draw one box for each class, from its first to its third quartile, whiskers to the extremes.

    The scale holds all values and zero. Without any value there is no chart.
    """
    values = [value for box in boxes for value in box.quartiles]
    if not values:
        return ""
    scale = round_scale(min(0.0, *values), max(0.0, *values), TICKS)
    parts = [f'<text x="0" y="16" class="title">{escape(title)}</text>']
    for tick in scale.ticks():
        y = _y(tick, scale)
        parts += [
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="grid"/>',
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" class="tick">{tick:.4g}</text>',
        ]
    room = (WIDTH - LEFT - RIGHT) / len(boxes)
    for index, box in enumerate(boxes):
        parts += _box(box, LEFT + room * (index + 0.5), scale)
    return svg(WIDTH, HEIGHT, title, parts)


def _box(box: Box, x: float, scale: Scale) -> list[str]:
    bottom = HEIGHT - BOTTOM
    labels = [
        f'<text x="{x:.1f}" y="{bottom + 18}" class="middle">{escape(box.name)}</text>',
        f'<text x="{x:.1f}" y="{bottom + 34}" class="middle">{escape(box.below)}, n {box.n}</text>',
    ]
    if not box.quartiles:
        return labels
    low, first, median, third, high = (_y(value, scale) for value in box.quartiles)
    left, right = x - BOX_WIDTH / 2, x + BOX_WIDTH / 2
    numbers = ", ".join(f"{value:.3g}" for value in box.quartiles)
    return [
        *labels,
        f'<g class="c{VERDICTS.index(box.name)}"><title>{escape(box.name)}: {numbers}</title>',
        f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" class="stem"/>',
        f'<rect x="{left:.1f}" y="{third:.1f}" width="{BOX_WIDTH}"'
        f' height="{first - third:.1f}" class="box-plot"/>',
        f'<line x1="{left:.1f}" y1="{median:.1f}" x2="{right:.1f}" y2="{median:.1f}"'
        ' class="slope"/>',
        "</g>",
    ]


def _y(value: float, scale: Scale) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * scale.share(value)
