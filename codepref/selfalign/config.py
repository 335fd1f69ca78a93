"""Section write_instructions of params.yaml."""

from typing import Literal, Self

from pydantic import Field, model_validator

from codepref.schema import Strict
from codepref.selfalign.rows import Difficulty, Origin

MbppSplit = Literal["prompt", "test", "validation", "train", "all"]


class StepConfig(Strict):
    """One few-shot completion.

    Attributes:
        shots: examples in the prompt, drawn for each row.
        max_new_tokens: a completion cut off there is a reject.
    """

    shots: int = Field(ge=1)
    max_new_tokens: int = Field(ge=1)


class CategoryWeights(Strict):
    """Relative frequency of each kind of task; the draw is per row."""

    function: float = Field(ge=0)
    class_: float = Field(ge=0, alias="class")
    program: float = Field(ge=0)

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if self.function + self.class_ + self.program == 0:
            raise ValueError("all weights are 0; at least one must be above")
        return self


class ProblemsDataset(Strict):
    """A hub data set, or a folder of data files, whose rows have one of the problem layouts."""

    repo: str
    revision: str | None
    split: str
    licence: str


class InstructionRules(Strict):
    """Rules that turn an instruction away; each may be switched off.

    Attributes:
        too_short, too_long: fewer words than min_words, more than max_words.
        has_code: a fence, or a line of Python.
        no_end: the text does not end as a sentence does.
        copied_example, copied_snippet: copied_words in a row are a few-shot task's, or the seed's.
        whitespace_duplicate: equal to another one with all white space removed.
        near_duplicate: near_duplicate_jaccard is reached.
    """

    too_short: bool
    too_long: bool
    has_code: bool
    no_end: bool
    copied_example: bool
    copied_snippet: bool
    whitespace_duplicate: bool
    near_duplicate: bool


class WriteInstructionsConfig(Strict):
    """How instructions are made.

    Attributes:
        origins: what is used: seeds that a model turns into tasks, problems with tests, and
            instructions of the answer sets that section import_responses names.
        generator: key of the start that writes; its folder comes by flag.
        problems: path of a set of problems; it comes by flag.
        problems_dataset: more problems from a hub; null for none.
        problems_source, problems_licence: what rows of the set give as theirs.
        mbpp_split: which of MBPP's task ids may be used; benchmarks use "test".
        problem_difficulty: of problems and released instructions that give none.
        problems_limit: problems kept, drawn by seed; 0 for all.
        require_reference: turn problems without a reference solution away.
        temperature, top_p: of both steps.
        min_concepts, max_concepts: a list is cut at the greatest number.
        max_concept_words: a longer concept is left out of its list.
        min_words, max_words: of an instruction.
        copied_words: words in a row shared with a few-shot task that make a copy.
        near_duplicate_jaccard: similarity of two instructions, on sets of 5 words in a row.
        rules: which of the rules on instructions hold.
    """

    origins: list[Origin] = Field(min_length=1)
    generator: str
    problems: str
    problems_dataset: ProblemsDataset | None
    problems_source: str
    problems_licence: str
    mbpp_split: MbppSplit
    problem_difficulty: Difficulty
    problems_limit: int = Field(ge=0)
    require_reference: bool
    seed: int
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    concepts: StepConfig
    instruction: StepConfig
    categories: CategoryWeights
    min_concepts: int = Field(ge=1)
    max_concepts: int = Field(ge=1)
    max_concept_words: int = Field(ge=1)
    min_words: int = Field(ge=1)
    max_words: int = Field(ge=1)
    copied_words: int = Field(ge=3)
    near_duplicate_jaccard: float = Field(gt=0, le=1)
    rules: InstructionRules
