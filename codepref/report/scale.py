"""A scale of round steps for a chart."""

import math
from typing import NamedTuple


class Scale(NamedTuple):
    """From low to high in round steps."""

    low: float
    high: float
    step: float

    def share(self, value: float) -> float:
        """Say how far along the scale a value is, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Give the values of the steps, ends included."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * i for i in range(count + 1)]


def round_scale(low: float, high: float, n_ticks: int) -> Scale:
    """Give a scale of about so many steps that holds both ends, low at most 0 at most high."""
    wished = max(high - low, 1e-9) / n_ticks
    power = 10.0 ** math.floor(math.log10(wished))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wished)
    return Scale(step * math.floor(low / step), step * max(math.ceil(high / step), 1), step)
