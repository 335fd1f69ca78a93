"""Knobs of stage measure_quality."""

from codepref.statistics.config import BootstrapConfig


class MeasureQualityConfig(BootstrapConfig):
    """How the intervals of the means are made; what is measured needs no knob."""
