"""Knobs of resampling."""

from pydantic import Field

from codepref.schema import Strict


class BootstrapConfig(Strict):
    """How intervals are made by drawing again.

    Attributes:
        confidence: of the intervals, in (0, 1).
        resamples: of the tasks, or of the prompts; also swaps of a permutation test.
        seed: of the resampling.
    """

    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1)
    seed: int = Field(ge=0)


class CompareModelsConfig(BootstrapConfig):
    """How models are compared.

    Attributes:
        power: chance of finding a difference of the size that is reported as detectable.
    """

    power: float = Field(gt=0.5, lt=1)
