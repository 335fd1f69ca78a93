"""A start with an adapter merged into its weights."""

from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel

from codepref.errors import DataError


def load_merged(weights: Path, adapter: Path | None, dtype: torch.dtype) -> PreTrainedModel:
    """Load a start; where there is an adapter, merge it in float32 before the format is changed.

    A folder that holds a whole checkpoint, from training of all weights, is loaded as it is.

    Raises:
        DataError: the folder holds neither, or an adapter for another model.
    """
    if adapter is None:
        return _load(weights, dtype)
    if not is_adapter(adapter):
        if not (adapter / "config.json").is_file():
            raise DataError(f"{adapter}: no adapter here (adapter_config.json is absent)")
        return _load(adapter, dtype)
    model = _load(weights, torch.float32)
    try:
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{adapter}: cannot be merged into {weights}: {reason}") from error
    typed: PreTrainedModel = merged.to(dtype)
    return typed


def is_adapter(folder: Path) -> bool:
    """Say whether a folder holds an adapter, and not all weights."""
    return (folder / "adapter_config.json").is_file()


def _load(weights: Path, dtype: torch.dtype) -> PreTrainedModel:
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        weights, dtype=dtype, local_files_only=True
    )
    model.train(mode=False)
    return model
