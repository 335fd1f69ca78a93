"""Settings of training."""

from typing import Literal

from pydantic import Field

from codepref.checkpoints.manifest import Template
from codepref.schema import Strict

Mode = Literal["lora", "qlora", "full"]
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


class ForwardParams(Strict):
    """What decides the log-probability that a model gives a row.

    Attributes:
        max_length: tokens of prompt and the longer completion; longer rows are left out, counted.
        rows_per_forward: rows in one forward pass.
        dtype: format of the frozen weights and of the arithmetic; adapters are float32.
        device: "auto" takes cuda where there is one, else cpu.
    """

    max_length: int = Field(ge=2)
    rows_per_forward: int = Field(ge=1)
    dtype: Dtype
    device: Literal["auto", "cuda", "cpu"]


class LoopParams(Strict):
    """One training loop.

    Attributes:
        epochs: passes over the rows.
        batch_size: rows (pairs, or answers) per optimizer step; their losses are averaged.
        warmup_ratio: fraction of the steps in which the rate rises to its peak.
        checkpoint_steps: optimizer steps between checkpoints; a killed run loses fewer than these.
    """

    lora: LoraParams
    epochs: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    optimizer: Literal["adamw_torch", "rmsprop", "adafactor"]
    scheduler: Literal["cosine", "linear", "constant_with_warmup"]
    warmup_ratio: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    gradient_checkpointing: bool
    checkpoint_steps: int = Field(ge=1)


class PolicyParams(ForwardParams):
    """How the policy, and so its reference, is made of a start.

    Attributes:
        mode: "lora" trains an adapter, "qlora" one on weights of 4 bits, "full" all weights.
    """

    mode: Mode


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


class IpoConfig(MethodParams):
    """IPO on summed log-probabilities. tau: weight of the KL term, in 1/nats."""

    tau: float = Field(gt=0)


class RpoConfig(MethodParams):
    """DPO with the likelihood of the chosen side.

    Attributes:
        beta: weight of the KL term, in 1/nats.
        alpha: weight of the chosen side's negative log-likelihood per token.
    """

    beta: float = Field(gt=0)
    alpha: float = Field(ge=0)


class BonbonConfig(MethodParams):
    """BoNBoN: best-of-n by its closed form.

    Attributes:
        alpha: weight of the likelihood of the chosen side; the contrast has 1 - alpha.
        target: margin asked for: "paper" for continuous rewards, or "discrete" for those of
            build_pairs.reward, with the prompt's own rates.
    """

    alpha: float = Field(ge=0, le=1)
    target: Target


class RftConfig(MethodParams):
    """Rejection-sampling fine-tuning: likelihood of the chosen side, mean over tokens."""


class KtoConfig(MethodParams):
    """KTO on labelled responses, which need no partner.

    Attributes:
        beta: weight of the KL term, in 1/nats.
        chosen_weight, rejected_weight: of the losses of each label (lambda_D, lambda_U).
        rows_per_forward: responses at once, at least 2: the KL term is estimated among them.
    """

    beta: float = Field(gt=0)
    chosen_weight: float = Field(gt=0)
    rejected_weight: float = Field(gt=0)
    rows_per_forward: int = Field(ge=2)


MethodConfig = DpoConfig | IpoConfig | RpoConfig | BonbonConfig | RftConfig | KtoConfig
METHODS: dict[str, type[MethodConfig]] = {
    "dpo": DpoConfig,
    "ipo": IpoConfig,
    "rpo": RpoConfig,
    "bonbon": BonbonConfig,
    "rft": RftConfig,
    "kto": KtoConfig,
}


class FinetuneConfig(ForwardParams, LoopParams):
    """How the finetuned start is made from a start's own passing responses.

    Attributes:
        mode: "lora" merges an adapter into the weights, "full" trains them all.
        template: how the new start is prompted, in training and ever after.
        per_instruction: passing responses taken of one instruction, at most; drawn by seed.
    """

    mode: Literal["lora", "full"]
    template: Template
    per_instruction: int = Field(ge=1)
    seed: int
    learning_rate: float = Field(gt=0)
    max_grad_norm: float = Field(gt=0)
