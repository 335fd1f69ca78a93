"""Knobs of the comparison."""

from pydantic import Field

from codepref.schema import Strict


class CompareModelsConfig(Strict):
    """How two models are compared.

    Attributes:
        confidence: of the intervals, in (0, 1).
        resamples: bootstrap resamples of the tasks.
        seed: of the resampling.
    """

    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1)
    seed: int = Field(ge=0)
