"""Knobs of the stage that measures how fast programs are."""

from typing import Literal, Self

from pydantic import Field, model_validator

from codepref.execution.config import ExecutionConfig
from codepref.performance.rows import Counter
from codepref.schema import Strict


class Tolerance(Strict):
    """Share by which a cost may exceed a reference's and still be as fast, by counter."""

    instructions: float = Field(ge=0)
    cpu_time: float = Field(ge=0)

    def of(self, counter: Counter) -> float:
        """Give the one of a counter."""
        return self.instructions if counter == "instructions" else self.cpu_time


class MeasurePerformanceConfig(ExecutionConfig):
    """How costs are measured and ranked.

    Attributes:
        pool, workers, repeats: one program at a time, on this machine; rounds are the repeats.
        cpu_limit_s: CPU seconds of one call; a slower program scores 0.
        counter: "auto" is instructions where this machine counts them, else cpu_time.
        rounds: calls of each program, each in a process of its own; the smallest cost counts.
        min_correct: correct programs that a task needs to be measured.
        max_profile: of these at most so many are measured, by sample index.
        confidence: of the intervals, in (0, 1).
        resamples, resampling_seed: of the bootstrap over tasks.
    """

    pool: Literal["local"]
    workers: int = Field(ge=1, le=1)
    repeats: int = Field(ge=1, le=1)
    counter: Literal["auto", "instructions", "cpu_time"]
    rounds: int = Field(ge=1, le=100)
    tolerance: Tolerance
    min_correct: int = Field(ge=1)
    max_profile: int = Field(ge=1)
    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1)
    resampling_seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _what_is_needed_can_be_profiled(self) -> Self:
        if self.max_profile < self.min_correct:
            raise ValueError(
                f"max_profile is {self.max_profile}, below min_correct, {self.min_correct}; "
                "EvalPerf profiles twice min_correct"
            )
        return self
