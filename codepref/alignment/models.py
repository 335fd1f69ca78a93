"""Load weights to train, and describe an adapter."""

from pathlib import Path

import torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.utils import logging

from codepref.alignment.config import Dtype, LoraParams
from codepref.alignment.device import TORCH_DTYPES
from codepref.errors import DataError


def load_model(weights: Path, dtype: Dtype, device: torch.device) -> PreTrainedModel:
    """Load a causal language model, from disk alone.

    Its attention is torch's own: packed rows need a mask of their own.

    Raises:
        DataError: the folder holds no weights that transformers can read.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            weights,
            dtype=TORCH_DTYPES[dtype],
            attn_implementation="sdpa",
            local_files_only=True,
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{weights}: no weights that transformers can read: {reason}") from error
    moved: PreTrainedModel = model.to(device)  # type: ignore[arg-type]  # transformers' stub
    return moved


def lora_config(params: LoraParams) -> LoraConfig:
    """Give peft's description of an adapter; B starts at zero, so it changes nothing at first."""
    return LoraConfig(
        r=params.r,
        lora_alpha=params.alpha,
        lora_dropout=params.dropout,
        target_modules=params.target_modules,
        task_type="CAUSAL_LM",
    )
