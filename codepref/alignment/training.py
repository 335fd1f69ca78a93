"""Run a trainer from where it stopped to its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer
from transformers.trainer_callback import PrinterCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.sft_config import SFTConfig

from codepref.alignment.arguments import training_arguments
from codepref.alignment.batches import PairCollator, RowCollator, index_dataset
from codepref.alignment.callbacks import Live, StepCallback
from codepref.alignment.checkpoints import last_whole_checkpoint
from codepref.alignment.config import LoopParams, LoraParams
from codepref.alignment.curve import LIKELIHOOD_COLUMNS, PREFERENCE_COLUMNS, Step, training_steps
from codepref.alignment.models import lora_config
from codepref.alignment.objectives import Objective
from codepref.alignment.rows import Row
from codepref.alignment.trainers import LikelihoodTrainer, PreferenceTrainer


class Run(NamedTuple):
    """What one training run needs besides its rows.

    Attributes:
        lora: the adapter to train; None trains all weights.
        folder: takes the checkpoints, and is where an interrupted run goes on.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    loop: LoopParams
    lora: LoraParams | None
    learning_rate: float
    max_grad_norm: float
    seed: int
    device: torch.device
    folder: Path
    live: Live


class Trained(NamedTuple):
    """A trained model and the log of each optimizer step."""

    model: PeftModel | PreTrainedModel
    steps: list[Step]


def train_preferences(
    run: Run, rows: Sequence[Row], reference: Sequence[Sequence[float]], objective: Objective
) -> Trained:
    """Minimise an objective over pairs.

    Args:
        run: model and settings.
        rows: pairs; at least one.
        reference: log-probabilities of each pair's chosen and rejected under the reference.
        objective: loss and betas, in order of the rows.

    Raises:
        CheckFailed: the first loss is not that of a policy equal to its reference.
        DataError: a loss is not finite; its pairs are named.
    """
    arguments = DPOConfig(**_arguments(run), disable_dropout=False)
    trainer = PreferenceTrainer(
        objective=objective,
        row_ids=[row.row_id for row in rows],
        args=arguments,
        data_collator=PairCollator(rows, reference, objective.betas),
        **_common(run, rows, PREFERENCE_COLUMNS),
    )
    return _finish(trainer, run.folder)


def train_likelihood(run: Run, rows: Sequence[Row]) -> Trained:
    """Maximise the likelihood of every answer of the rows, of which there is at least one.

    Raises:
        DataError: a loss is not finite; its rows are named.
    """
    trainer = LikelihoodTrainer(
        row_ids=[row.row_id for row in rows],
        args=SFTConfig(**_arguments(run)),
        data_collator=RowCollator(rows),
        **_common(run, rows, LIKELIHOOD_COLUMNS),
    )
    return _finish(trainer, run.folder)


def _arguments(run: Run) -> dict[str, Any]:
    return training_arguments(
        run.loop,
        learning_rate=run.learning_rate,
        max_grad_norm=run.max_grad_norm,
        seed=run.seed,
        folder=run.folder,
        device=run.device,
    )


def _common(run: Run, rows: Sequence[Row], columns: list[str]) -> dict[str, Any]:
    return {
        "model": run.model,
        "processing_class": run.tokenizer,
        "peft_config": lora_config(run.lora) if run.lora else None,
        "train_dataset": index_dataset(len(rows)),
        "callbacks": [StepCallback(run.live, columns, run.loop.dtype)],
    }


def _finish(trainer: Trainer, folder: Path) -> Trained:
    trainer.remove_callback(PrinterCallback)
    checkpoint = last_whole_checkpoint(folder)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model: Any = trainer.accelerator.unwrap_model(trainer.model)
    model.train(mode=False)
    return Trained(model, training_steps(trainer.state.log_history))
