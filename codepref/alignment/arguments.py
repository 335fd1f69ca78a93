"""Our settings in the words of transformers."""

from pathlib import Path
from typing import Any

import torch

from codepref.alignment.config import LoopParams
from codepref.errors import ConfigError


def training_arguments(
    loop: LoopParams,
    *,
    learning_rate: float,
    max_grad_norm: float,
    seed: int,
    folder: Path,
    device: torch.device,
) -> dict[str, Any]:
    """Give the arguments that DPOConfig and SFTConfig share.

    Raises:
        ConfigError: batch_size is no multiple of rows_per_forward.
    """
    if loop.batch_size % loop.rows_per_forward:
        raise ConfigError(
            f"batch_size {loop.batch_size} is no multiple of rows_per_forward "
            f"{loop.rows_per_forward}; change one of them"
        )
    return {
        "output_dir": str(folder),
        "num_train_epochs": loop.epochs,
        "per_device_train_batch_size": loop.rows_per_forward,
        "gradient_accumulation_steps": loop.batch_size // loop.rows_per_forward,
        "learning_rate": learning_rate,
        "lr_scheduler_type": loop.scheduler,
        "warmup_steps": loop.warmup_ratio,
        "optim": loop.optimizer,
        "weight_decay": loop.weight_decay,
        "max_grad_norm": max_grad_norm,
        "gradient_checkpointing": loop.gradient_checkpointing,
        "seed": seed,
        "data_seed": seed,
        "bf16": loop.dtype == "bfloat16",
        "use_cpu": device.type == "cpu",
        "dataloader_pin_memory": device.type == "cuda",
        "remove_unused_columns": False,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": loop.checkpoint_steps,
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
    }
