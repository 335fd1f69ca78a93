"""TRL's trainers with our batches and our losses."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor, nn
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.kto_trainer import KTOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from codepref.alignment.batches import PairBatch, RowBatch
from codepref.alignment.logps import answer_logps, pair_logps
from codepref.alignment.losses import PairLogps, log_ratio_gap
from codepref.alignment.objectives import Objective, PairTerms
from codepref.alignment.order import EpochOrder
from codepref.errors import DataError


class _Quiet:
    """Sends no usage report and writes no model card: outputs hold only what the inputs say.

    Attributes:
        row_ids: of the data set's rows, by index.
        tokens_seen: by all processes, padding not counted.
    """

    row_ids: Sequence[str]
    tokens_seen: int = 0
    accelerator: Any
    _metrics: Any

    def _send_telemetry(self) -> None:
        return

    def create_model_card(self, *args: object, **kwargs: object) -> None:
        del args, kwargs

    def _prepare_dataset(self, dataset: Dataset, *_: object, **__: object) -> Dataset:
        return dataset

    def _precompute_ref_logps(self, dataset: Dataset, *_: object, **__: object) -> Dataset:
        return dataset

    def _require_finite(self, losses: Tensor, index: Tensor) -> None:
        if bool(losses.isfinite().all()):
            return
        ids = ", ".join(self.row_ids[i] for i in index.tolist())
        raise DataError(
            f"the loss of rows {ids} is {losses.tolist()}, expected finite numbers; look at "
            "these rows, or lower learning_rate; the last good checkpoint is kept"
        )


class _Exact(_Quiet):
    """Takes a step's loss as one mean over all its items, however they are cut into forwards.

    So neither rows_per_forward nor the number of processes changes a result, but for rounding.
    """

    args: Any
    state: Any
    current_gradient_accumulation_steps: int
    loss_is_scaled_for_ga: Any = True  # trl and transformers type it apart

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> EpochOrder:
        del train_dataset
        at_once = self.args.per_device_train_batch_size * self.accelerator.num_processes
        return EpochOrder(
            len(self.row_ids), at_once, self.args.data_seed, lambda: int(self.state.epoch or 0)
        )

    def _share(self, total: Tensor, inputs: RowBatch, n_items: Tensor) -> Tensor:
        """Give a forward's share of the step's loss, of which processes take the mean."""
        n_processes: int = self.accelerator.num_processes
        return total * inputs["weight"] / n_items * n_processes

    def _note(self, totals: Mapping[str, Tensor], inputs: RowBatch, n_items: Tensor) -> None:
        """Add this forward's part to the step's means of some values, and count its tokens.

        Args:
            totals: the values by name, which are summed.
            inputs: the forward's batch.
            n_items: what the step's means are over.
        """
        sums = [value.detach().double().sum() for value in (*totals.values(), inputs["n_tokens"])]
        weighted = torch.stack(sums) * inputs["weight"]
        *parts, n_tokens = self.accelerator.gather(weighted[None]).sum(0).tolist()
        # trl takes the mean over the step's forwards.
        scale = self.current_gradient_accumulation_steps / int(n_items)
        for name, part in zip(totals, parts, strict=True):
            self._metrics["train"][name].append(part * scale)
        self.tokens_seen += int(n_tokens)


class PreferenceTrainer(_Exact, DPOTrainer):
    """Minimises an objective over pairs. Its reference log-probabilities come with the batch."""

    def __init__(self, *, objective: Objective, row_ids: Sequence[str], **kwargs: Any) -> None:
        self.objective: Objective = objective
        self.row_ids = row_ids
        super().__init__(**kwargs)
        self.model_accepts_loss_kwargs = True  # makes transformers count the pairs of a step

    def compute_loss(  # type: ignore[override]  # a batch is a typed dict
        self,
        model: nn.Module,
        inputs: PairBatch,
        return_outputs: bool = False,  # noqa: FBT001, FBT002  # trl's signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Give a forward's share of the step's loss."""
        answers = answer_logps(model, inputs, 2 * len(inputs["input_ids"]))
        policy = pair_logps(answers)
        reference = PairLogps(*inputs["reference"].unbind(1))
        terms = PairTerms(policy, reference, inputs["beta"], inputs["chosen_tokens"])
        parts = self.objective.parts(terms)
        losses = torch.stack(list(parts.values())).sum(0)
        self._require_finite(losses, inputs["index"])
        log_ratios = PairLogps(*(new - old for new, old in zip(policy, reference, strict=True)))
        chosen, rejected = (inputs["beta"] * ratio for ratio in log_ratios)
        values = {
            "loss": losses,
            **parts,
            "loss_at_reference": self.objective.loss(terms._replace(policy=reference)),
            "abs_gap": log_ratio_gap(policy, reference).abs(),
            "rewards/chosen": chosen,
            "rewards/rejected": rejected,
            "rewards/margins": chosen - rejected,
            "rewards/accuracies": chosen > rejected,
            "log_ratios/chosen": log_ratios.chosen,
            "log_ratios/rejected": log_ratios.rejected,
            "kl": -torch.stack([*log_ratios]).mean(0),
            "entropy": answers.entropy * len(losses),
        }
        self._note(values, inputs, num_items_in_batch)
        share = self._share(losses.sum(), inputs, num_items_in_batch)
        return (share, None) if return_outputs else share


class LikelihoodTrainer(_Exact, SFTTrainer):
    """Minimises the negative log-likelihood of the answers, in nats per answer token.

    As in TRL the mean is over all tokens of an optimizer step, so long answers weigh more.
    """

    def __init__(self, *, row_ids: Sequence[str], **kwargs: Any) -> None:
        self.row_ids = row_ids
        super().__init__(**kwargs)
        self.model_accepts_loss_kwargs = True  # makes transformers count the tokens of a step

    def compute_loss(  # type: ignore[override]  # a batch is a typed dict
        self,
        model: nn.Module,
        inputs: RowBatch,
        return_outputs: bool = False,  # noqa: FBT001, FBT002  # trl's signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Give a forward's share of the step's loss."""
        answers = answer_logps(model, inputs, int(inputs["answer"][-1]) + 1)
        self._require_finite(answers.logps, inputs["index"])
        totals = {"loss": -answers.logps, "entropy": answers.entropy * len(inputs["labels"])}
        self._note(totals, inputs, num_items_in_batch)
        share = self._share(-answers.logps.sum(), inputs, num_items_in_batch)
        return (share, None) if return_outputs else share


class UnpairedTrainer(_Quiet, KTOTrainer):
    """TRL's KTO on rows that are encoded already."""

    def __init__(self, *, row_ids: Sequence[str], **kwargs: Any) -> None:
        self.row_ids = row_ids
        super().__init__(**kwargs)

    def _compute_loss(self, model: nn.Module, inputs: Any, return_outputs: bool) -> Any:  # noqa: FBT001  # trl's signature
        index = inputs["index"]
        rest = {name: value for name, value in inputs.items() if name != "index"}
        found = super()._compute_loss(model, rest, return_outputs)  # type: ignore[no-untyped-call]
        loss: Tensor = found[0] if return_outputs else found
        self._require_finite(loss, index)
        self.tokens_seen += int(inputs["attention_mask"].sum())
        self._metrics["train"]["loss"].append(loss.item())
        return found
