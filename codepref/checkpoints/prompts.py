"""The one renderer of prompts, for sampling, training and evaluation.

A prompt ends with an opened fence and no newline; a completion starts with the newline after it.
So no token spans the two, and encode_prompt + encode_completion is what is sampled and trained.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from codepref.checkpoints.fences import OPEN, STOP, extract_code
from codepref.checkpoints.manifest import Template
from codepref.errors import DataError


class Example(NamedTuple):
    """A task shown with its answer: the text that follows an opened fence, its close included."""

    text: str
    answer: str


# One worked example: on the starter problems it passes more than eight layouts without one, and
# more than longer examples; it keeps the asked name and closes its fence, for 38 prompt tokens.
WORKED_EXAMPLE = Example(
    "Write `plus_five(n)` that returns n plus 5.",
    f"\ndef plus_five(n):\n    return n + 5{STOP}",
)
TEST_REQUEST = "\n\n### Tests\nEach line asserts one result of the function above.\n" + OPEN


class Renderer:
    """Turns a task's text into the prompt of one start, and text into token ids."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, template: Template) -> None:
        if template == "chat" and not tokenizer.chat_template:
            raise DataError(
                f"template 'chat' needs a chat template, and the tokenizer at "
                f"{tokenizer.name_or_path} has none; set template: plain for this start"
            )
        self.tokenizer = tokenizer
        self.template = template

    def prompt(self, text: str, examples: Sequence[Example] = ()) -> str:
        """Render a task's text; the prompt ends with an opened fence.

        Examples stand before it: in the plain template in place of its own worked example, in a
        chat as earlier turns.
        """
        text = text.strip()
        if self.template == "plain":
            shown = [_block(e.text.strip(), e.answer) for e in examples or [WORKED_EXAMPLE]]
            return "\n\n".join([*shown, _block(text)])
        turns = [
            turn
            for example in examples
            for turn in (
                {"role": "user", "content": example.text.strip()},
                {"role": "assistant", "content": f"{OPEN}{example.answer}"},
            )
        ]
        chat = self.tokenizer.apply_chat_template(
            [*turns, {"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        return f"{chat}{OPEN}"

    def ends_prompt(self, text: str, prompt: str) -> bool:
        """Whether a prompt ends as this renderer ends one for the text, whatever stands before."""
        own = self.prompt(text)
        return prompt.endswith(own[max(own.rfind(text.strip()), 0) :])

    def test_prompt(self, prompt: str, completion: str) -> str:
        """Ask for tests after a solution; the prompt ends with an opened fence."""
        return f"{prompt}\n{extract_code(completion).rstrip()}{STOP}{TEST_REQUEST}"

    def encode_prompt(self, prompt: str) -> list[int]:
        """Token ids of a prompt, with BOS where the tokenizer wants one and the text has none."""
        ids = self._encode(prompt)
        if self._wants_bos and ids[:1] != [self.tokenizer.bos_token_id]:
            return [self.tokenizer.bos_token_id, *ids]
        return ids

    def encode_completion(self, completion: str) -> list[int]:
        """Token ids of a completion as it follows an opened fence, without special tokens.

        Tokenizers that mark the start of a text would mark the completion too; encoding it behind
        the fence leaves that mark where it belongs.
        """
        anchor = self._encode(OPEN)
        ids = self._encode(f"{OPEN}{completion}")
        if ids[: len(anchor)] == anchor:
            return ids[len(anchor) :]
        return self._encode(completion)

    @cached_property
    def _wants_bos(self) -> bool:
        bos = self.tokenizer.bos_token_id
        return bos is not None and self.tokenizer("x").input_ids[:1] == [bos]

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def answer_with_tests(code: str, tests: str) -> str:
    """Give an example's answer that goes on with tests, as `test_prompt` asks for them."""
    return f"\n{code.strip()}{STOP}{TEST_REQUEST}\n{tests.strip()}{STOP}"


def _block(text: str, answer: str = "") -> str:
    return f"Task: {text}\n{OPEN}{answer}"


def load_tokenizer(weights: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a folder in hub layout, from disk alone.

    Raises:
        DataError: the folder holds no tokenizer.
    """
    try:
        return AutoTokenizer.from_pretrained(weights, local_files_only=True)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{weights}: no tokenizer that transformers can read: {reason}") from error
