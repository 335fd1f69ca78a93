"""Run a trainer from where it stopped to its end.

Of several processes the main one alone gets what was trained; the others get None.
"""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedModel
from transformers.trainer_callback import PrinterCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.kto_config import KTOConfig
from trl.trainer.sft_config import SFTConfig

from codepref.alignment.arguments import Run, training_arguments
from codepref.alignment.batches import (
    PairCollator,
    RowCollator,
    UnpairedCollator,
    index_dataset,
)
from codepref.alignment.callbacks import StepCallback
from codepref.alignment.checkpoints import last_whole_checkpoint
from codepref.alignment.config import KtoConfig
from codepref.alignment.curve import (
    LIKELIHOOD_COLUMNS,
    UNPAIRED_COLUMNS,
    Step,
    preference_columns,
    training_steps,
)
from codepref.alignment.gathering import require_shardable, whole_model
from codepref.alignment.models import lora_config
from codepref.alignment.objectives import Objective
from codepref.alignment.reference import ReferenceLogps
from codepref.alignment.rows import Row
from codepref.alignment.trainers import LikelihoodTrainer, PreferenceTrainer, UnpairedTrainer
from codepref.errors import ConfigError

Trainer = PreferenceTrainer | LikelihoodTrainer | UnpairedTrainer


class Trained(NamedTuple):
    """A trained model, and the log of each optimizer step with the names of its columns."""

    model: PeftModel | PreTrainedModel
    columns: list[str]
    steps: list[Step]


def train_preferences(
    run: Run, rows: Sequence[Row], reference: Sequence[ReferenceLogps], objective: Objective
) -> Trained | None:
    """Minimise an objective over pairs.

    Args:
        run: model and settings.
        rows: pairs; at least one.
        reference: the reference's row of each pair.
        objective: loss and betas, in order of the rows.

    Raises:
        CheckFailed: the first loss is not that of a policy equal to its reference.
        DataError: a loss is not finite; its pairs are named.
    """
    columns = preference_columns(objective.names)
    callback = StepCallback(run.live, columns, run.forward.dtype)
    trainer = PreferenceTrainer(
        objective=objective,
        row_ids=[row.row_id for row in rows],
        # The reference comes with the batch; this keeps trl from loading a second model for it.
        args=DPOConfig(
            **training_arguments(run, run.forward.rows_per_forward),
            disable_dropout=False,
            precompute_ref_log_probs=True,
        ),
        data_collator=PairCollator(rows, reference, objective.betas),
        train_dataset=index_dataset(len(rows)),
        **_common(run, callback),
    )
    return _finish(trainer, run, callback, columns)


def train_likelihood(run: Run, rows: Sequence[Row]) -> Trained | None:
    """Maximise the likelihood of every answer of the rows, of which there is at least one.

    Raises:
        DataError: a loss is not finite; its rows are named.
    """
    callback = StepCallback(run.live, LIKELIHOOD_COLUMNS, run.forward.dtype)
    trainer = LikelihoodTrainer(
        row_ids=[row.row_id for row in rows],
        args=SFTConfig(**training_arguments(run, run.forward.rows_per_forward)),
        data_collator=RowCollator(rows),
        train_dataset=index_dataset(len(rows)),
        **_common(run, callback),
    )
    return _finish(trainer, run, callback, LIKELIHOOD_COLUMNS)


def train_unpaired(
    run: Run, rows: Sequence[Row], is_chosen: Sequence[Sequence[bool]], config: KtoConfig
) -> Trained | None:
    """Train on labelled responses by KTO.

    trl estimates its KL term from each response behind the prompt of its neighbour in the batch,
    so the order is fixed before training, drawn by seed.

    Args:
        run: model and settings.
        rows: one per prompt, with all its responses; at least two responses in all.
        is_chosen: the label of each response of each row.
        config: of the method.

    Raises:
        ConfigError: there are several processes.
        DataError: a loss is not finite; its prompts are named.
    """
    if run.processes.n_processes > 1:
        raise ConfigError(
            f"kto on {run.processes.n_processes} processes would estimate its KL term from other "
            "neighbours than on one; set launch.align to python"
        )
    examples: list[dict[str, Any]] = [
        {"index": i, "prompt_ids": row.prompt, "completion_ids": answer, "label": label}
        for i, (row, labels) in enumerate(zip(rows, is_chosen, strict=True))
        for answer, label in zip(row.answers, labels, strict=True)
    ]
    random.Random(f"{run.seed}/kto").shuffle(examples)
    size = config.rows_per_forward
    for start in range(0, len(examples), size):
        batch = examples[start : start + size]
        for i, example in enumerate(batch):
            example["KL_completion_ids"] = batch[i - 1]["completion_ids"]
    callback = StepCallback(run.live, UNPAIRED_COLUMNS, run.forward.dtype)
    padding = run.tokenizer.pad_token_id
    arguments = KTOConfig(
        **training_arguments(run, size),
        beta=config.beta,
        desirable_weight=config.chosen_weight,
        undesirable_weight=config.rejected_weight,
        max_length=None,
        train_sampling_strategy="sequential",
        disable_dropout=False,
    )
    trainer = UnpairedTrainer(
        row_ids=[row.row_id for row in rows],
        args=arguments,
        data_collator=UnpairedCollator(
            pad_token_id=run.tokenizer.eos_token_id if padding is None else padding
        ),
        train_dataset=Dataset.from_list(examples),
        **_common(run, callback),
    )
    return _finish(trainer, run, callback, UNPAIRED_COLUMNS)


def _common(run: Run, callback: StepCallback) -> dict[str, Any]:
    return {
        "model": run.model,
        "processing_class": run.tokenizer,
        "peft_config": lora_config(run.lora) if run.lora else None,
        "callbacks": [callback],
    }


def _finish(
    trainer: Trainer, run: Run, callback: StepCallback, columns: list[str]
) -> Trained | None:
    callback.tokens_seen = lambda: trainer.tokens_seen
    trainer.remove_callback(PrinterCallback)
    require_shardable(trainer.accelerator, run.model)
    checkpoint = last_whole_checkpoint(run.folder)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model = whole_model(trainer.accelerator, trainer.model_wrapped)
    trainer.accelerator.end_training()
    if not run.processes.is_main:
        return None
    return Trained(model, columns, training_steps(trainer.state.log_history))
