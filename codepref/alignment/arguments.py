"""Our settings in the words of transformers."""

from pathlib import Path
from typing import Any, NamedTuple

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from codepref.alignment.callbacks import Live
from codepref.alignment.config import ForwardParams, LoopParams, LoraParams
from codepref.alignment.processes import Processes
from codepref.errors import ConfigError


class Run(NamedTuple):
    """What one training run needs besides its rows.

    Attributes:
        lora: the adapter to train; None trains all weights.
        folder: takes the checkpoints, and is where an interrupted run goes on.
        live: takes the steps' values; None beside the main process.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    forward: ForwardParams
    loop: LoopParams
    lora: LoraParams | None
    learning_rate: float
    max_grad_norm: float
    seed: int
    processes: Processes
    folder: Path
    live: Live | None


def training_arguments(run: Run, rows_per_forward: int) -> dict[str, Any]:
    """Give the arguments that DPOConfig, SFTConfig and KTOConfig share.

    Under several processes each takes its share of a step's rows, so batch_size means the same.

    Raises:
        ConfigError: batch_size is no multiple of the rows that all processes forward at once.
    """
    device, n_processes = run.processes.device, run.processes.n_processes
    at_once = rows_per_forward * n_processes
    if run.loop.batch_size % at_once:
        raise ConfigError(
            f"batch_size {run.loop.batch_size} is no multiple of rows_per_forward "
            f"{rows_per_forward} on {n_processes} processes; change one of them"
        )
    return {
        "output_dir": str(run.folder),
        "num_train_epochs": run.loop.epochs,
        "per_device_train_batch_size": rows_per_forward,
        "gradient_accumulation_steps": run.loop.batch_size // at_once,
        "learning_rate": run.learning_rate,
        "lr_scheduler_type": run.loop.scheduler,
        "warmup_steps": run.loop.warmup_ratio,
        "optim": run.loop.optimizer,
        "weight_decay": run.loop.weight_decay,
        "max_grad_norm": run.max_grad_norm,
        "gradient_checkpointing": run.loop.gradient_checkpointing,
        "seed": run.seed,
        "data_seed": run.seed,
        "bf16": run.forward.dtype == "bfloat16",
        "use_cpu": device.type == "cpu",
        "dataloader_pin_memory": device.type == "cuda",
        "ddp_find_unused_parameters": False,
        "remove_unused_columns": False,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": run.loop.checkpoint_steps,
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
    }
