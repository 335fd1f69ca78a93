"""Completions to concepts and instructions; what cannot be read has a named reason."""

import re
from collections.abc import Sequence
from typing import Literal

from codepref.schema import Strict
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.selfalign.prompts import NEXT_EXAMPLE

ConceptsReason = Literal["cut_off", "too_few_concepts"]
InstructionReason = Literal[
    "cut_off",
    "empty",
    "too_short",
    "too_long",
    "has_code",
    "no_end",
    "copied_example",
    "copied_snippet",
]
CODE = re.compile(r"```|^\s*(def|class|import|from|assert) ", flags=re.MULTILINE)
ENDINGS = (".", "!", "?", ":", ")", "]", "}", '"', "`")


class Unread(Strict):
    """Why a completion gave nothing."""

    reason: ConceptsReason | InstructionReason


def parse_concepts(
    completion: str, *, finished: bool, config: WriteInstructionsConfig
) -> list[str] | Unread:
    """Read the first line as a comma-separated list: stripped, without repeats, not too many.

    A concept with too many words, or without a letter, is left out. `finished` says that the
    model ended the text, not the token limit.
    """
    line, ended, _ = completion.lstrip(" \n").partition("\n")
    if not finished and not ended:
        return Unread(reason="cut_off")
    concepts: dict[str, str] = {}
    for part in line.split(","):
        concept = " ".join(part.split()).strip(".;:*-`\"'")
        words = len(concept.split())
        if 1 <= words <= config.max_concept_words and re.search("[A-Za-z]", concept):
            concepts.setdefault(concept.lower(), concept)
    if len(concepts) < config.min_concepts:
        return Unread(reason="too_few_concepts")
    return list(concepts.values())[: config.max_concepts]


def parse_instruction(
    completion: str, *, finished: bool, copies: "Copies", config: WriteInstructionsConfig
) -> str | Unread:
    """Read a task: the text before the next example. The first rule that it breaks is the reason.

    A text that the token limit cut off, or an empty one, is never read.

    Args:
        completion: as sampled, a stop string included.
        finished: the model ended it, not the token limit.
        copies: texts that it must not repeat.
        config: limits.
    """
    text, next_example, _ = completion.partition(NEXT_EXAMPLE)
    text = text.strip()
    if not finished and not next_example:
        return Unread(reason="cut_off")
    if not text:
        return Unread(reason="empty")
    reason = _broken_rule(text, copies, config)
    return Unread(reason=reason) if reason is not None else text


def _broken_rule(
    text: str, copies: "Copies", config: WriteInstructionsConfig
) -> InstructionReason | None:
    words, rules = len(text.split()), config.rules
    if rules.too_short and words < config.min_words:
        return "too_short"
    if rules.too_long and words > config.max_words:
        return "too_long"
    if rules.has_code and CODE.search(text):
        return "has_code"
    if rules.no_end and not text.endswith(ENDINGS):
        return "no_end"
    if rules.copied_example and copies.has_example(text):
        return "copied_example"
    if rules.copied_snippet and copies.has_snippet(text):
        return "copied_snippet"
    return None


class Copies:
    """Few-shot tasks, and the snippet, that a new task must not repeat."""

    def __init__(self, examples: Sequence[str], snippet: str, words: int) -> None:
        self._words = words
        self._examples = {run for text in examples for run in self._runs(text)}
        self._snippet = set(self._runs(snippet))

    def has_example(self, text: str) -> bool:
        """Whether the text shares a run of words with a few-shot task."""
        return not self._examples.isdisjoint(self._runs(text))

    def has_snippet(self, text: str) -> bool:
        """Whether the text shares a run of words with the snippet."""
        return not self._snippet.isdisjoint(self._runs(text))

    def _runs(self, text: str) -> list[str]:
        found = re.findall(r"\w+", text.lower())
        last = len(found) - self._words
        return [" ".join(found[first : first + self._words]) for first in range(last + 1)]
