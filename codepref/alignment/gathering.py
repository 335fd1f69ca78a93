"""The trained model as one process holds it, wherever training kept its weights."""

from collections.abc import Mapping
from typing import Any

from accelerate import Accelerator, DistributedType
from peft import PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from codepref.errors import ConfigError

SHARDED = (DistributedType.FSDP, DistributedType.DEEPSPEED)


def require_shardable(accelerator: Accelerator, model: PreTrainedModel) -> None:
    """Refuse what could be trained but not gathered.

    Raises:
        ConfigError: weights of 4 bits would be sharded.
    """
    if accelerator.distributed_type in SHARDED and getattr(model, "is_quantized", False):
        raise ConfigError(
            "align.forward.mode is qlora, whose weights of 4 bits are not sharded here; launch "
            "with params/accelerate/ddp.yaml, or use mode: lora"
        )


def whole_model(accelerator: Accelerator, prepared: nn.Module) -> PeftModel | PreTrainedModel:
    """Give a trained model in evaluation mode. Every process must call this, for shards to meet.

    Args:
        accelerator: what prepared the model.
        prepared: the model as it was trained.

    Returns:
        The model, usable on the main process.
    """
    model: Any = accelerator.unwrap_model(prepared)
    if accelerator.distributed_type in SHARDED:
        state = accelerator.get_state_dict(prepared)
        if accelerator.is_main_process:
            model = rebuild(model, state).to(accelerator.device)
    model.train(mode=False)
    return model  # type: ignore[no-any-return]  # unwrap_model is untyped


def rebuild(
    model: PeftModel | PreTrainedModel, state: Mapping[str, Tensor]
) -> PeftModel | PreTrainedModel:
    """Give a model like another, on the CPU, with the weights of a state dict."""
    base = model.get_base_model() if isinstance(model, PeftModel) else model
    whole: Any = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
        base.config, dtype=base.dtype, attn_implementation="sdpa"
    )
    if isinstance(model, PeftModel):
        whole = get_peft_model(whole, model.peft_config[model.active_adapter])
    whole.load_state_dict(state)
    return whole  # type: ignore[no-any-return]  # peft is untyped
