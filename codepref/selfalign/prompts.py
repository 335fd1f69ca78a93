"""Few-shot prompts for plain completion: snippet to concepts, properties to task.

The layout follows SelfCodeAlign (arXiv:2410.24198, section 2.2); the wording is our own. A prompt
ends where the model has to go on, without a trailing space.
"""

from collections.abc import Sequence

from codepref.schema import Strict
from codepref.selfalign.fewshots import FewShot
from codepref.selfalign.rows import Category, Difficulty

LANGUAGE = "Python"
NEXT_EXAMPLE = "## Example"
CONCEPTS_SYSTEM = (
    "Each example below shows a piece of code and then, on one line, the programming concepts that "
    "it exercises, from the most to the least important, separated by commas."
)
INSTRUCTION_SYSTEM = (
    "Each example below lists the properties of a programming task and then states the task. A "
    "task stands on its own, says exactly what goes in and what comes out, and needs the concepts "
    "without naming them."
)


class Properties(Strict):
    """What a new task should be like."""

    category: Category
    difficulty: Difficulty
    concepts: list[str]


def concepts_prompt(shots: Sequence[FewShot], snippet: str) -> str:
    """Ask for the concepts of a snippet: the model goes on after "Concepts:"."""
    examples = [f"{_snippet(shot.snippet)} {', '.join(shot.concepts)}" for shot in shots]
    return _layout(CONCEPTS_SYSTEM, [*examples, _snippet(snippet)])


def instruction_prompt(shots: Sequence[FewShot], properties: Properties) -> str:
    """Ask for a task with these properties: the model goes on after "Task:"."""
    examples = [f"{_properties(_properties_of(shot))} {shot.instruction}" for shot in shots]
    return _layout(INSTRUCTION_SYSTEM, [*examples, _properties(properties)])


def _layout(system: str, examples: Sequence[str]) -> str:
    numbered = (f"{NEXT_EXAMPLE} {i}\n{text}" for i, text in enumerate(examples, start=1))
    return "\n\n".join([system, *numbered])


def _snippet(code: str) -> str:
    return f"Code:\n{code.strip()}\n\nConcepts:"


def _properties(properties: Properties) -> str:
    return (
        f"Category: {properties.category}\nLanguage: {LANGUAGE}\n"
        f"Difficulty: {properties.difficulty}\nConcepts: {', '.join(properties.concepts)}\n\nTask:"
    )


def _properties_of(shot: FewShot) -> Properties:
    return Properties(category=shot.category, difficulty=shot.difficulty, concepts=shot.concepts)
