"""Section check_contamination of params.yaml."""

from typing import Self

from pydantic import Field, model_validator

from codepref.schema import Strict


class Bounds(Strict):
    """From which score on a method says so.

    Attributes:
        reported: a hit is written, and the task is no longer a clean one.
        removes: the row is left out of all training.
    """

    reported: float = Field(gt=0, le=1)
    removes: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _what_removes_is_reported(self) -> Self:
        if self.removes < self.reported:
            raise ValueError(
                f"removes: expected at least reported ({self.reported}), got {self.removes}"
            )
        return self


class NgramConfig(Bounds):
    """Exact runs of words.

    Attributes:
        words: in a run.
        max_tasks: a run that so many tasks of one benchmark share is boilerplate and not looked at.
    """

    words: int = Field(ge=3)
    max_tasks: int = Field(ge=2)


class MinhashConfig(Bounds):
    """Near matches of texts.

    Attributes:
        words: in a shingle.
        max_tasks: a shingle that so many tasks of one benchmark share is boilerplate and not
            looked at, on either side.
        min_shingles: distinct others of a text; with fewer it is near to too much.
    """

    words: int = Field(ge=1)
    max_tasks: int = Field(ge=2)
    min_shingles: int = Field(ge=1)


class AstConfig(Bounds):
    """Functions that are equal but for names and layout.

    Attributes:
        min_nodes: syntax nodes of a function that may differ in its constants.
        min_nodes_exact: the same where the constants are equal too.
        min_tokens: of a function beside names, texts and brackets; with fewer it is in too much.
    """

    min_nodes: int = Field(ge=1)
    min_nodes_exact: int = Field(ge=1)
    min_tokens: int = Field(ge=1)


class InputsConfig(Bounds):
    """Inputs of tests.

    Attributes:
        min_chars: letters and digits of an argument list; shorter ones are in too many tests.
        min_inputs: that a row and a task must share; fewer may be chance.
        max_tasks: an input that so many tasks of one benchmark share is not looked at.
    """

    min_chars: int = Field(ge=1)
    min_inputs: int = Field(ge=1)
    max_tasks: int = Field(ge=2)


class CheckContaminationConfig(Strict):
    """How data is held to the benchmarks.

    Attributes:
        workers: processes.
    """

    workers: int = Field(ge=1)
    task_id: Bounds
    ngram: NgramConfig
    minhash: MinhashConfig
    ast: AstConfig
    test_inputs: InputsConfig
