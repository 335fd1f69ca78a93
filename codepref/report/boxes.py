"""A chart of boxes as SVG text: quartiles of one number in several classes."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from codepref.report.charts import VERDICTS, svg

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


class _Scale(NamedTuple):
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(count + 1)]


def box_chart(title: str, boxes: Sequence[Box]) -> str:
    """Draw one box for each class, from its first to its third quartile, whiskers to the extremes.

    The scale holds all values and zero. Without any value there is no chart.
    """
    values = [value for box in boxes for value in box.quartiles]
    if not values:
        return ""
    scale = _scale(min(0.0, *values), max(0.0, *values))
    parts = [f'<text x="0" y="16" class="title">{escape(title)}</text>']
    for tick in scale.ticks():
        y = scale.y(tick)
        parts += [
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="grid"/>',
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" class="tick">{tick:.4g}</text>',
        ]
    room = (WIDTH - LEFT - RIGHT) / len(boxes)
    for index, box in enumerate(boxes):
        parts += _box(box, LEFT + room * (index + 0.5), scale)
    return svg(WIDTH, HEIGHT, title, parts)


def _box(box: Box, x: float, scale: _Scale) -> list[str]:
    bottom = HEIGHT - BOTTOM
    labels = [
        f'<text x="{x:.1f}" y="{bottom + 18}" class="middle">{escape(box.name)}</text>',
        f'<text x="{x:.1f}" y="{bottom + 34}" class="middle">{escape(box.below)}, n {box.n}</text>',
    ]
    if not box.quartiles:
        return labels
    low, first, median, third, high = (scale.y(value) for value in box.quartiles)
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


def _scale(low: float, high: float) -> _Scale:
    """Give a scale of round steps that holds both ends."""
    wished = max(high - low, 1e-9) / TICKS
    power = 10.0 ** math.floor(math.log10(wished))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wished)
    return _Scale(step * math.floor(low / step), step * max(math.ceil(high / step), 1), step)
