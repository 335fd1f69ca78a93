"""Settings of generation."""

from typing import Literal

from pydantic import Field

from codepref.schema import Strict

Backend = Literal["vllm", "transformers"]


class EngineConfig(Strict):
    """How text is generated, shared by every stage that samples.

    Attributes:
        backend: "auto" takes vllm where it is installed, else transformers.
        device: "auto" takes cuda where there is one, else cpu.
        dtype: "auto" takes bfloat16 where a GPU has it, float16 on other GPUs, float32 on a CPU.
        max_model_len: tokens of prompt and completion together, at most.
        max_batch: sequences generated at once.
        max_prefill_tokens: vllm: prompt tokens in one step.
        eager: vllm: start without compiling.
        cpu_cache_gib: vllm on a CPU: room for keys and values.
        gpu_memory: vllm on a GPU: fraction of its memory to use.
        max_lora_rank: vllm on a GPU: largest rank of an adapter.
    """

    backend: Literal["auto"] | Backend
    device: Literal["auto", "cuda", "cpu"]
    dtype: Literal["auto", "float32", "bfloat16", "float16"]
    max_model_len: int = Field(ge=1)
    max_batch: int = Field(ge=1)
    max_prefill_tokens: int = Field(ge=1)
    eager: bool
    cpu_cache_gib: int = Field(ge=1)
    gpu_memory: float = Field(gt=0, le=1)
    max_lora_rank: int = Field(ge=1)
