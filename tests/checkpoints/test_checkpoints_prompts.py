from pathlib import Path

import pytest

from codepref.checkpoints.fences import OPEN
from codepref.checkpoints.prompts import (
    TEST_REQUEST,
    Example,
    Renderer,
    answer_with_tests,
    load_tokenizer,
)
from codepref.errors import DataError
from tests.tiny_model import make_tiny_model

COMPLETION = "\ndef add(a, b):\n    return a + b\n```"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


def test_the_plain_template_holds_the_text_and_no_special_token(weights: Path) -> None:
    prompt = Renderer(load_tokenizer(weights), "plain").prompt("  Add two numbers.\n")
    assert "Add two numbers.\n" in prompt
    assert "<|" not in prompt
    assert prompt.endswith(OPEN)


def test_the_chat_template_opens_the_assistants_turn_and_a_fence(weights: Path) -> None:
    prompt = Renderer(load_tokenizer(weights), "chat").prompt("Add.")
    assert prompt == f"<|im_start|>user\nAdd.<|im_end|>\n<|im_start|>assistant\n{OPEN}"


def test_braces_in_a_text_are_kept(weights: Path) -> None:
    prompt = Renderer(load_tokenizer(weights), "plain").prompt("Return {'a': 1} or {x}.")
    assert "Return {'a': 1} or {x}." in prompt


def test_a_prompt_for_tests_repeats_the_solution_closed_and_opens_a_fence(weights: Path) -> None:
    renderer = Renderer(load_tokenizer(weights), "plain")
    prompt = renderer.prompt("Add.")
    cut_off = renderer.test_prompt(prompt, "\nx = 1")
    assert cut_off == renderer.test_prompt(prompt, "\nx = 1\n```")
    assert cut_off.startswith(f"{prompt}\nx = 1\n```\n")
    assert cut_off.endswith(OPEN)


@pytest.mark.parametrize("template", ["plain", "chat"])
def test_no_token_spans_prompt_and_completion(weights: Path, template: str) -> None:
    """So encoding the halves is encoding the whole, and training sees what was sampled."""
    renderer = Renderer(load_tokenizer(weights), template)  # type: ignore[arg-type]
    prompt = renderer.prompt("Add.")
    halves = renderer.encode_prompt(prompt) + renderer.encode_completion(COMPLETION)
    assert halves == renderer.encode_prompt(prompt + COMPLETION)
    assert renderer.tokenizer.decode(halves) == prompt + COMPLETION


def test_bos_is_added_only_where_the_tokenizer_wants_one_and_the_text_has_none(
    weights: Path,
) -> None:
    tokenizer = load_tokenizer(weights)
    bos = tokenizer.bos_token_id
    plain = Renderer(tokenizer, "plain")
    assert bos not in plain.encode_prompt("x")

    wanting = load_tokenizer(weights)
    wanting.add_bos_token = True
    wanting.update_post_processor()
    renderer = Renderer(wanting, "plain")
    assert renderer.encode_prompt("x") == [bos, *plain.encode_prompt("x")]
    chat = "<|im_start|>user\nx"
    assert renderer.encode_prompt(chat) == plain.encode_prompt(chat)
    assert bos not in renderer.encode_completion("\nx")


def test_a_tokenizer_without_a_chat_template_is_refused_for_chat(weights: Path) -> None:
    tokenizer = load_tokenizer(weights)
    tokenizer.chat_template = None
    with pytest.raises(DataError, match="set template: plain"):
        Renderer(tokenizer, "chat")


def test_a_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tokenizer"):
        load_tokenizer(tmp_path)


SHOT = Example("Halve x.", "\ndef halve(x):\n    return x / 2\n```")


def test_examples_stand_in_the_plain_template_in_place_of_its_own(weights: Path) -> None:
    prompt = Renderer(load_tokenizer(weights), "plain").prompt("Add.", [SHOT, SHOT])
    shown = "Task: Halve x.\n```python\ndef halve(x):\n    return x / 2\n```\n\n"
    assert prompt == f"{shown}{shown}Task: Add.\n```python"


def test_examples_are_earlier_turns_of_a_chat(weights: Path) -> None:
    prompt = Renderer(load_tokenizer(weights), "chat").prompt("Add.", [SHOT])
    assert prompt == (
        "<|im_start|>user\nHalve x.<|im_end|>\n"
        "<|im_start|>assistant\n```python\ndef halve(x):\n    return x / 2\n```<|im_end|>\n"
        "<|im_start|>user\nAdd.<|im_end|>\n<|im_start|>assistant\n```python"
    )


def test_an_examples_tests_stand_as_those_of_the_solution_are_asked_for(weights: Path) -> None:
    """What precedes the tests in an example is what precedes them in the request, but for code."""
    renderer = Renderer(load_tokenizer(weights), "plain")
    tested = Example("Halve x.", answer_with_tests("x = 1", "assert x"))
    prompt = renderer.test_prompt(renderer.prompt("Add.", [tested]), "\ny = 2\n```")
    example, asked = prompt.split("\n\nTask: Add.\n```python")
    assert example == f"Task: Halve x.\n```python\nx = 1\n```{TEST_REQUEST}\nassert x\n```"
    assert asked == f"\ny = 2\n```{TEST_REQUEST}"


@pytest.mark.parametrize("template", ["plain", "chat"])
def test_a_few_shot_prompt_ends_as_the_own_one_of_its_text_and_template(
    weights: Path, template: str
) -> None:
    renderer = Renderer(load_tokenizer(weights), template)  # type: ignore[arg-type]
    other = Renderer(load_tokenizer(weights), "chat" if template == "plain" else "plain")
    assert renderer.ends_prompt("Add.", renderer.prompt("Add.", [SHOT]))
    assert not renderer.ends_prompt("Add.", other.prompt("Add.", [SHOT]))
    assert not renderer.ends_prompt("Sub.", renderer.prompt("Add.", [SHOT]))
