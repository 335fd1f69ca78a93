"""Knobs of the benchmark stages."""

from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from codepref.benchmarks.rows import Benchmark, Wording
from codepref.execution.config import ExecutionConfig
from codepref.schema import Strict, describe

Rules = Literal["corrected", "evalplus_0.3.1"]


class Draw(Strict):
    """How the completions of one benchmark are drawn.

    Attributes:
        n: completions for each task.
        temperature: 0 is greedy.
    """

    n: int = Field(ge=1)
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_new_tokens: int = Field(ge=1)

    @model_validator(mode="after")
    def _greedy_is_drawn_once(self) -> Self:
        if self.n > 1 and self.temperature == 0:
            raise ValueError(
                f"n is {self.n} at temperature 0, which draws the same completion again and again; "
                "set n to 1, or a temperature above 0"
            )
        return self


class OwnDraw(Strict):
    """What one benchmark draws in its own way; None takes the value of all."""

    n: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_new_tokens: int | None = None


class SampleBenchmarkConfig(Draw):
    """How benchmark tasks are answered.

    Attributes:
        limit: first tasks of each benchmark by number; None for all.
        tasks: ids of the tasks of a benchmark, in place of all of them.
        seed: of the stage; each row has its own, derived from it.
        wordings: how tasks are put: the first gives the scores, the others the spread by wording,
            each over so many of the first tasks; None for all.
        benchmarks: what a benchmark draws in its own way.
    """

    limit: int | None = Field(ge=1)
    tasks: dict[Benchmark, list[str]]
    seed: int
    wordings: dict[Wording, int | None] = Field(min_length=1)
    benchmarks: dict[Benchmark, OwnDraw]

    @property
    def main_wording(self) -> Wording:
        """The wording whose scores count."""
        return next(iter(self.wordings))

    def draw(self, benchmark: Benchmark) -> Draw:
        """Say how the completions of a benchmark are drawn.

        Raises:
            ValidationError: what the benchmark has of its own makes no sense with the rest.
        """
        own = self.benchmarks.get(benchmark, OwnDraw()).model_dump(exclude_none=True)
        return Draw(**{**{name: getattr(self, name) for name in Draw.model_fields}, **own})

    @model_validator(mode="after")
    def _each_benchmark_can_be_drawn(self) -> Self:
        for benchmark in self.benchmarks:
            try:
                self.draw(benchmark)
            except ValidationError as error:
                raise ValueError(f"benchmarks.{benchmark}: {describe(error)}") from error
        return self


class ScoreBenchmarkConfig(ExecutionConfig):
    """How completions are run and scores reported.

    Attributes:
        rules: "corrected", or "evalplus_0.3.1", under which HumanEval/32 fails whatever the
            answer, as it does there.
        plus_cpu_limit_s: CPU seconds of the plus inputs of one completion together.
        k: sizes of pass@k.
        confidence: of the intervals, in (0, 1).
        resamples, resampling_seed: of the bootstrap over tasks.
    """

    rules: Rules
    plus_cpu_limit_s: int = Field(ge=1, le=3600)
    k: list[int]
    confidence: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1)
    resampling_seed: int = Field(ge=0)
