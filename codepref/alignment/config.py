"""Settings of training."""

from typing import Literal

from pydantic import Field

from codepref.checkpoints.manifest import Template
from codepref.schema import Strict

Method = Literal["dpo", "bonbon", "rft"]
Target = Literal["paper", "discrete"]
Dtype = Literal["float32", "bfloat16"]


class LoraParams(Strict):
    """A low-rank adapter.

    Attributes:
        r: rank.
        alpha: the update is scaled by alpha / r.
        target_modules: names of linear layers, or "all-linear" for all but the LM head.
    """

    r: int = Field(ge=1)
    alpha: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)
    target_modules: Literal["all-linear"] | list[str]


class LoopParams(Strict):
    """One training loop.

    Attributes:
        epochs: passes over the rows.
        batch_size: rows (pairs, or answers) per optimizer step; their losses are averaged.
        rows_per_forward: rows in one forward pass; batch_size is a multiple of it.
        max_length: tokens of prompt and the longer completion; longer rows are left out, counted.
        warmup_ratio: fraction of the steps in which the rate rises to its peak.
        dtype: format of the frozen weights and of the arithmetic; adapters are float32.
        device: "auto" takes cuda where there is one, else cpu.
        checkpoint_steps: optimizer steps between checkpoints; a killed run loses fewer than these.
    """

    epochs: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    rows_per_forward: int = Field(ge=1)
    max_length: int = Field(ge=2)
    optimizer: Literal["adamw_torch", "rmsprop", "adafactor"]
    scheduler: Literal["cosine", "linear", "constant_with_warmup"]
    warmup_ratio: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    gradient_checkpointing: bool
    dtype: Dtype
    device: Literal["auto", "cuda", "cpu"]
    checkpoint_steps: int = Field(ge=1)


class SharedConfig(LoopParams):
    """What every method of the align stage shares."""

    lora: LoraParams


class MethodParams(Strict):
    """What every method has of its own.

    Attributes:
        learning_rate: its peak.
        max_grad_norm: gradients of a larger norm are scaled down to it.
    """

    learning_rate: float = Field(gt=0)
    max_grad_norm: float = Field(gt=0)


class DpoConfig(MethodParams):
    """Direct preference optimization. beta: weight of the KL term, in 1/nats."""

    beta: float = Field(gt=0)


class BonbonConfig(MethodParams):
    """BoNBoN: best-of-n by its closed form.

    Attributes:
        alpha: weight of the likelihood of the chosen side; the contrast has 1 - alpha.
        target: margin asked for: "paper" for continuous rewards, or "discrete" for pass/fail with
            the prompt's own pass rate.
    """

    alpha: float = Field(ge=0, le=1)
    target: Target


class RftConfig(MethodParams):
    """Rejection-sampling fine-tuning: likelihood of the chosen side, mean over tokens."""


class FinetuneConfig(LoopParams):
    """How the finetuned start is made from a start's own passing responses.

    Attributes:
        mode: "lora" merges an adapter into the weights, "full" trains them all.
        template: how the new start is prompted, in training and ever after.
        per_instruction: passing responses taken of one instruction, at most; drawn by seed.
    """

    mode: Literal["lora", "full"]
    template: Template
    per_instruction: int = Field(ge=1)
    max_completion_tokens: int | None = Field(ge=1)
    seed: int
    learning_rate: float = Field(gt=0)
    max_grad_norm: float = Field(gt=0)
    lora: LoraParams
