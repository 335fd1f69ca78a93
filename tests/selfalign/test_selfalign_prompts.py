"""Layout of the few-shot prompts."""

from codepref.selfalign.prompts import (
    CONCEPTS_SYSTEM,
    INSTRUCTION_SYSTEM,
    Properties,
    concepts_prompt,
    instruction_prompt,
)
from tests.selfalign.selfalign_config import SHOTS


def test_the_concepts_prompt_ends_where_the_model_goes_on() -> None:
    assert concepts_prompt(SHOTS[:1], "def f():\n    pass\n") == (
        f"{CONCEPTS_SYSTEM}\n\n"
        "## Example 1\nCode:\ndef shot0(x):\n    return x + 0\n\nConcepts: idea 0, addition\n\n"
        "## Example 2\nCode:\ndef f():\n    pass\n\nConcepts:"
    )


def test_the_instruction_prompt_lists_four_properties() -> None:
    wanted = Properties(category="class", difficulty="hard", concepts=["sets", "loops"])
    prompt = instruction_prompt(SHOTS[:2], wanted)
    assert prompt.startswith(f"{INSTRUCTION_SYSTEM}\n\n## Example 1\nCategory: function\n")
    assert f"Task: {SHOTS[1].instruction}\n\n## Example 3\n" in prompt
    assert prompt.endswith(
        "## Example 3\nCategory: class\nLanguage: Python\nDifficulty: hard\n"
        "Concepts: sets, loops\n\nTask:"
    )
