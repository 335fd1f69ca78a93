"""Load weights to train, and describe an adapter."""

from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
from peft import LoraConfig, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel
from transformers.utils import logging

from codepref.alignment.config import Dtype, LoraParams, Mode
from codepref.alignment.device import TORCH_DTYPES
from codepref.errors import DataError, MissingError


def load_model(
    weights: Path, dtype: Dtype, device: torch.device, mode: Mode = "full"
) -> PreTrainedModel:
    """Load a causal language model, from disk alone.

    Its attention is torch's own: packed rows need a mask of their own.

    Args:
        weights: folder in hub layout.
        dtype: format of the weights.
        device: where they go.
        mode: "qlora" keeps the linear layers' weights in 4 bits; the other modes load as they are.

    Raises:
        DataError: the folder holds no weights that transformers can read.
        MissingError: "qlora" lacks CUDA or bitsandbytes.
    """
    quantized = four_bits(dtype, device) if mode == "qlora" else None
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            weights,
            dtype=TORCH_DTYPES[dtype],
            attn_implementation="sdpa",
            local_files_only=True,
            **({"quantization_config": quantized, "device_map": {"": device}} if quantized else {}),
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{weights}: no weights that transformers can read: {reason}") from error
    if quantized:
        # gradient_checkpointing is a setting of the loop
        prepared = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)  # type: ignore[no-untyped-call]
        return cast(PreTrainedModel, prepared)
    moved: PreTrainedModel = model.to(device)  # type: ignore[arg-type]  # transformers' stub
    return moved


def four_bits(dtype: Dtype, device: torch.device) -> BitsAndBytesConfig:
    """NF4 with double quantization. Source: Dettmers et al. 2023, arXiv:2305.14314, section 3.

    Raises:
        MissingError: it is not a CUDA device, or bitsandbytes is not installed.
    """
    if device.type != "cuda" or find_spec("bitsandbytes") is None:
        raise MissingError(
            f"align.forward.mode is qlora, which needs a CUDA device (found {device.type}) and "
            "bitsandbytes (`pip install 'codepref[qlora]'`); use mode: lora"
        )
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=TORCH_DTYPES[dtype],
    )


def lora_config(params: LoraParams) -> LoraConfig:
    """Give peft's description of an adapter; B starts at zero, so it changes nothing at first."""
    return LoraConfig(
        r=params.r,
        lora_alpha=params.alpha,
        lora_dropout=params.dropout,
        target_modules=params.target_modules,
        task_type="CAUSAL_LM",
    )
