"""TRL's trainers with our batches and our losses."""

from collections.abc import Sequence
from typing import Any

from datasets import Dataset
from torch import Tensor, nn
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from codepref.alignment.batches import PairBatch, RowBatch
from codepref.alignment.logps import answer_logps, pair_logps
from codepref.alignment.losses import PairLogps, log_ratio_gap
from codepref.alignment.objectives import Objective
from codepref.errors import DataError


class _Quiet:
    """Sends no usage report and writes no model card: outputs hold only what the inputs say."""

    row_ids: Sequence[str]

    def _send_telemetry(self) -> None:
        return

    def create_model_card(self, *args: object, **kwargs: object) -> None:
        del args, kwargs

    def _prepare_dataset(self, dataset: Dataset, *_: object, **__: object) -> Dataset:
        return dataset

    def _require_finite(self, losses: Tensor, inputs: RowBatch) -> None:
        if bool(losses.isfinite().all()):
            return
        ids = ", ".join(self.row_ids[i] for i in inputs["index"].tolist())
        raise DataError(
            f"the loss of rows {ids} is {losses.tolist()}, expected finite numbers; look at "
            "these rows, or lower learning_rate"
        )


class PreferenceTrainer(_Quiet, DPOTrainer):
    """Minimises an objective over pairs. Its reference log-probabilities come with the batch."""

    def __init__(self, *, objective: Objective, row_ids: Sequence[str], **kwargs: Any) -> None:
        self.objective: Objective = objective
        self.row_ids = row_ids
        super().__init__(**kwargs)

    def _compute_loss(self, model: nn.Module, inputs: PairBatch, return_outputs: bool) -> Any:  # noqa: FBT001  # trl's signature
        reference = PairLogps(*inputs["reference"].unbind(1))
        policy = pair_logps(model, inputs)
        losses = self.objective.loss(policy, reference, inputs["beta"])
        self._require_finite(losses, inputs)
        at_reference = self.objective.loss(reference, reference, inputs["beta"])
        chosen = inputs["beta"] * (policy.chosen - reference.chosen)
        rejected = inputs["beta"] * (policy.rejected - reference.rejected)
        values = {
            "loss": losses,
            "loss_at_reference": at_reference,
            "abs_gap": log_ratio_gap(policy, reference).abs(),
            "rewards/chosen": chosen,
            "rewards/rejected": rejected,
            "rewards/margins": chosen - rejected,
            "rewards/accuracies": (chosen > rejected).float(),
            "log_ratios/chosen": policy.chosen - reference.chosen,
            "log_ratios/rejected": policy.rejected - reference.rejected,
        }
        for name, value in values.items():
            self._metrics["train"][name].append(value.detach().mean().item())
        return (losses.mean(), None) if return_outputs else losses.mean()


class LikelihoodTrainer(_Quiet, SFTTrainer):
    """Minimises the negative log-likelihood of the answers, in nats per answer token.

    As in TRL the mean is over all tokens of an optimizer step, so long answers weigh more.
    """

    loss_is_scaled_for_ga = True  # type: ignore[assignment]  # trl: None is a default

    def __init__(self, *, row_ids: Sequence[str], **kwargs: Any) -> None:
        self.row_ids = row_ids
        super().__init__(**kwargs)
        self.model_accepts_loss_kwargs = True  # makes transformers count the tokens of a step

    def compute_loss(  # type: ignore[override]  # a batch is a typed dict
        self,
        model: nn.Module,
        inputs: RowBatch,
        return_outputs: bool = False,  # noqa: FBT001, FBT002  # trl's signature
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Give a forward's share of the step's loss."""
        logps = answer_logps(model, inputs, int(inputs["answer"][-1]) + 1)
        self._require_finite(logps, inputs)
        n_tokens = len(inputs["labels"]) if num_items_in_batch is None else num_items_in_batch
        loss = -logps.sum() / n_tokens
        share = self.current_gradient_accumulation_steps  # TRL logs the mean over forwards
        self._metrics["train"]["loss"].append(loss.item() * share)
        return (loss, None) if return_outputs else loss
