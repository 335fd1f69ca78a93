"""Knobs of the benchmark stages."""

from pydantic import Field

from codepref.execution.config import ExecutionConfig
from codepref.schema import Strict


class SampleBenchmarkConfig(Strict):
    """How benchmark tasks are answered.

    Attributes:
        limit: first tasks of each benchmark by number; None for all.
        n: completions for each task.
        temperature: 0 is greedy.
        seed: of the stage; each row has its own, derived from it.
    """

    limit: int | None = Field(ge=1)
    n: int = Field(ge=1)
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)
    seed: int


class ScoreBenchmarkConfig(ExecutionConfig):
    """How completions are run and scores reported.

    Attributes:
        plus_cpu_limit_s: CPU seconds of the plus inputs of one completion together.
        k: sizes of pass@k.
        confidence: of the intervals, in (0, 1).
    """

    plus_cpu_limit_s: int = Field(ge=1, le=3600)
    k: list[int]
    confidence: float = Field(gt=0, lt=1)
