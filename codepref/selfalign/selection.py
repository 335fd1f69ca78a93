"""Problems with given tests to instructions; each problem left out has a named reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from codepref.records import content_id, digest
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.selfalign.problems import Problem
from codepref.selfalign.prompts import LANGUAGE
from codepref.selfalign.repeats import RepeatReason
from codepref.selfalign.rows import Instruction, RejectedInstruction, instruction_id
from codepref.syntax import parse

ProblemReason = Literal[
    "other_split", "no_text", "no_tests", "broken_tests", "no_reference", "duplicate", "over_limit"
]
ReleasedReason = Literal["no_text", "too_long", "duplicate", RepeatReason]
# Source: google-research/mbpp README: ids of each split.
MBPP_SPLITS = {
    "prompt": range(1, 11),
    "test": range(11, 511),
    "validation": range(511, 601),
    "train": range(601, 975),
    "all": range(1, 975),
}


@dataclass(frozen=True)
class ProblemSet:
    """Problems, and what their rows give as source and licence."""

    problems: list[Problem]
    source: str
    licence: str


@dataclass
class Selected:
    """Instructions and rejects, in the order of the problems."""

    instructions: list[Instruction] = field(default_factory=list)
    rejects: list[RejectedInstruction] = field(default_factory=list)


def select_problems(sets: Iterable[ProblemSet], config: WriteInstructionsConfig) -> Selected:
    """Keep problems that can be asked and tested; the first reason that holds names a reject."""
    selected = Selected()
    known: set[str] = set()
    for problems in sets:
        for problem in problems.problems:
            instruction = _instruction(problem, problems, config)
            reason = _reason(problem, config)
            if reason is None and instruction.instruction_id in known:
                reason = "duplicate"
            if reason is None:
                known.add(instruction.instruction_id)
                selected.instructions.append(instruction)
            else:
                selected.rejects.append(
                    _reject(problem.problem_id, problem.text, problems.source, reason)
                )
    return _limited(selected, config)


def _limited(selected: Selected, config: WriteInstructionsConfig) -> Selected:
    """Draw by seed and id alone, so that one more problem moves at most one other."""
    drawn = sorted(
        selected.instructions, key=lambda row: digest([config.seed, row.instruction_id, "problem"])
    )
    kept = {row.instruction_id for row in drawn[: config.problems_limit or None]}
    over = [row for row in selected.instructions if row.instruction_id not in kept]
    return Selected(
        [row for row in selected.instructions if row.instruction_id in kept],
        selected.rejects
        + [_reject(row.problem_id, row.text, row.source, "over_limit") for row in over],
    )


def _reason(problem: Problem, config: WriteInstructionsConfig) -> ProblemReason | None:
    if _is_mbpp(problem) and _mbpp_number(problem) not in MBPP_SPLITS[config.mbpp_split]:
        return "other_split"
    if not problem.text.strip():
        return "no_text"
    if not problem.tests:
        return "no_tests"
    if parse("\n".join([problem.test_setup, *problem.tests])) is None:
        return "broken_tests"
    if config.require_reference and (not problem.reference or parse(problem.reference) is None):
        return "no_reference"
    return None


def _is_mbpp(problem: Problem) -> bool:
    name, _, number = problem.problem_id.partition("/")
    return name == "mbpp" and number.isdigit()


def _mbpp_number(problem: Problem) -> int:
    return int(problem.problem_id.partition("/")[2])


def _instruction(
    problem: Problem, problems: ProblemSet, config: WriteInstructionsConfig
) -> Instruction:
    return Instruction(
        instruction_id=instruction_id(problem.text, problem.tests, problem.test_setup),
        origin="problems",
        seed_id=None,
        problem_id=problem.problem_id,
        category="function",
        difficulty=problem.difficulty or config.problem_difficulty,
        language=LANGUAGE,
        concepts=problem.concepts,
        text=problem.text,
        entry_point=problem.entry_point,
        test_setup=problem.test_setup,
        tests=problem.tests,
        reference=problem.reference,
        source=problems.source,
        licence=problems.licence,
        generator_digest=None,
        prompt_sha256=None,
    )


def _reject(
    problem_id: str | None, text: str, source: str, reason: ProblemReason
) -> RejectedInstruction:
    return RejectedInstruction(
        reject_id=content_id("problem", source, problem_id, reason),
        seed_id=None,
        problem_id=problem_id,
        step="problem",
        reason=reason,
        text=text,
    )
