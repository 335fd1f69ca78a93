import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from codepref.checkpoints.gguf import convert_gguf
from codepref.checkpoints.manifest import digest_files
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import DataError
from tests.tiny_gguf import make_tiny_gguf
from tests.tiny_model import make_tiny_model

EOS = "<|im_end|>"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("original"))


@pytest.fixture(scope="module")
def gguf(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(original, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def converted(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("converted")
    convert_gguf(gguf, EOS, folder)
    return folder


def test_the_end_of_a_turn_is_the_named_token_whatever_the_file_says(converted: Path) -> None:
    tokenizer = load_tokenizer(converted)
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == (EOS, 2)
    for name in ("config.json", "generation_config.json"):
        values = json.loads((converted / name).read_text())
        assert (values["eos_token_id"], values["pad_token_id"]) == (2, 2)


def test_the_chat_template_survives(converted: Path) -> None:
    prompt = Renderer(load_tokenizer(converted), "chat").prompt("Add.")
    assert prompt.startswith("<|im_start|>user\nAdd.<|im_end|>\n<|im_start|>assistant\n")


def test_the_converted_model_scores_text_as_the_original_does(
    original: Path, converted: Path
) -> None:
    ids = torch.tensor([load_tokenizer(original)("def add(a, b):").input_ids])
    assert load_tokenizer(converted)("def add(a, b):").input_ids == ids[0].tolist()
    with torch.inference_mode():
        before = AutoModelForCausalLM.from_pretrained(original)(ids).logits
        after = AutoModelForCausalLM.from_pretrained(converted)(ids).logits
    torch.testing.assert_close(after, before)


def test_converting_twice_gives_the_same_bytes(gguf: Path, converted: Path, tmp_path: Path) -> None:
    convert_gguf(gguf, EOS, tmp_path / "again")
    assert digest_files(tmp_path / "again") == digest_files(converted)


def test_no_trace_is_left_of_the_file_or_its_folder(gguf: Path, converted: Path) -> None:
    for path in converted.glob("*.json"):
        text = path.read_text()
        assert str(gguf.parent) not in text
        assert "gguf" not in text
        assert "name_or_path" not in text


def test_an_end_token_that_the_tokenizer_lacks_is_refused(gguf: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="<eos>"):
        convert_gguf(gguf, "<eos>", tmp_path)


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torn.gguf").write_bytes(b"GGUF\x03\x00")
    with pytest.raises(DataError, match=r"torn\.gguf"):
        convert_gguf(tmp_path / "torn.gguf", EOS, tmp_path / "out")
