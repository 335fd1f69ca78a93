"""An adapter on the tiny model that changes it: both of its matrices are drawn."""

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaForCausalLM


def make_tiny_adapter(weights: Path, folder: Path) -> Path:
    """Write the adapter; same weights, same bytes."""
    torch.manual_seed(1)
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(LlamaForCausalLM.from_pretrained(weights), lora).save_pretrained(str(folder))
    return folder
