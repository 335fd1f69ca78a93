"""Settings of the audit of the pairs."""

from typing import Annotated

from pydantic import Field

from codepref.schema import Strict

Bound = Annotated[float, Field(ge=0, le=1)] | None


class Bounds(Strict):
    """Largest accepted value of each check: a share of the rows; null reports only.

    Attributes:
        length_tokens, length_characters: accuracy, lower end of its interval, that a classifier
            which sees only which side is longer reaches on the pairs.
        length_ratio: the same for one that may also use by how much, cross-validated.
        near_identical: pairs whose programs are nearer than near_identical_distance.
        identical_form: pairs whose programs differ in layout and comments only.
        syntax_only: pairs whose rejected side fails as it does not parse.
        repeated_prompt: pairs whose prompt belongs to several instructions.
        near_repeated_prompt: pairs whose instruction's text is near that of another.
        prompt_across_splits, near_prompt_across_splits: the same, of both splits.
        unlisted_licence: pairs under a licence outside allowed_licences.
        unknown_licence: pairs whose instruction names no licence.
        vacuous_tests: executions of responses with tests of their own whose tests a stub passes.
        few_tests: pairs whose chosen side passed fewer than min_own_tests tests of its own.
        tests_in_solution: pairs with a side that holds an assert of the given tests.
        answers_in_solution: pairs with a side that maps inputs of the given tests to outputs.
        duplicate_across_splits: pairs with a program that also is on a side of the other split.
        flagged: pairs with a side that could reach into its tests.
        unsettled: pairs with a side whose verdict is no label, or that the policy does not pick:
            only best_worst chooses what failed, only it and cross_test reject what passed.
        mislabelled: pairs with a side that the table of labels does not have, or has as the
            other side under a policy that goes by passing.
        contaminated: pairs that meet a benchmark and should have been removed.
        other_generator: pairs whose sides another checkpoint wrote than most of the table's.
    """

    length_tokens: Bound
    length_characters: Bound
    length_ratio: Bound
    near_identical: Bound
    identical_form: Bound
    syntax_only: Bound
    repeated_prompt: Bound
    near_repeated_prompt: Bound
    prompt_across_splits: Bound
    near_prompt_across_splits: Bound
    unlisted_licence: Bound
    unknown_licence: Bound
    vacuous_tests: Bound
    few_tests: Bound
    tests_in_solution: Bound
    answers_in_solution: Bound
    duplicate_across_splits: Bound
    flagged: Bound
    unsettled: Bound
    mislabelled: Bound
    contaminated: Bound
    other_generator: Bound


class AuditPairsConfig(Strict):
    """What the audit looks for, and what stops the study.

    Attributes:
        examples: kept for each check, the first by id.
        confidence: of the intervals.
        folds: of the cross-validation, by instruction.
        near_identical_distance: Levenshtein distance over the longer program's length.
        near_prompt_jaccard: overlap of two texts' 5-word shingles.
        min_own_tests: tests that a chosen side of its own making should have passed.
        min_answers: given tests that a program must answer by literals to count as a leak.
        answers_share: share of the given tests for the same.
        min_program_nodes: smaller syntax trees may repeat across splits, as everyone writes them.
        allowed_licences: SPDX names.
        bounds: see Bounds.
    """

    examples: int = Field(ge=0)
    confidence: float = Field(gt=0, lt=1)
    folds: int = Field(ge=2)
    near_identical_distance: float = Field(ge=0, le=1)
    near_prompt_jaccard: float = Field(gt=0, le=1)
    min_own_tests: int = Field(ge=1)
    min_answers: int = Field(ge=1)
    answers_share: float = Field(gt=0, le=1)
    min_program_nodes: int = Field(ge=1)
    allowed_licences: list[str]
    bounds: Bounds
