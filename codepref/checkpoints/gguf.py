"""A GGUF file as float32 safetensors in hub layout; same file, same bytes."""

import json
import struct
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from codepref.errors import DataError

# What transformers notes of how and where the files were read; no part of the checkpoint.
READING_NOTES = ("is_local", "local_files_only", "name_or_path")


def convert_gguf(file: Path, eos_token: str, folder: Path) -> None:
    """Write config, weights, tokenizer and chat template of a GGUF file into a folder.

    Args:
        file: the GGUF file.
        eos_token: the token that ends a turn; it also pads.
        folder: made if absent.

    Raises:
        DataError: transformers cannot read the file, or its tokenizer has no such token.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        read = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError, struct.error) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{file.name}: transformers cannot read it as GGUF: {reason}") from error
    if eos_token not in tokenizer.get_vocab():
        raise DataError(f"{file.name}: eos_token {eos_token!r} is no token of its tokenizer")
    tokenizer.eos_token = tokenizer.pad_token = eos_token
    model = _plain_model(read, tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)
    _forget(folder / "tokenizer_config.json", READING_NOTES)


def _plain_model(read: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """Make the model anew, free of the quantization it was read with and of the file's name."""
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = type(read.config).from_dict(
        {
            key: value
            for key, value in read.config.to_dict().items()
            if key not in ("quantization_config", "_name_or_path", "_model_name_or_path")
        }
        | ends
    )
    model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
        config, dtype=torch.float32
    )
    model.load_state_dict(read.state_dict())
    model.tie_weights()
    ends["bos_token_id"] = tokenizer.bos_token_id
    model.generation_config = GenerationConfig(**ends)  # type: ignore[no-untyped-call]
    return model


def _forget(path: Path, keys: tuple[str, ...]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in values.items() if key not in keys}
    text = json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
