"""Pairs to an adapter, by any method."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from peft import PeftModel

from codepref.alignment.adapters import fresh_adapter
from codepref.alignment.config import BonbonConfig, DpoConfig, RftConfig
from codepref.alignment.curve import LIKELIHOOD_COLUMNS, PREFERENCE_COLUMNS, Step
from codepref.alignment.objectives import bonbon_objective, dpo_objective
from codepref.alignment.reference import reference_logps, row_logps
from codepref.alignment.rows import Row
from codepref.alignment.summary import summarise_pairs, summarise_rewards, summarise_steps
from codepref.alignment.training import Run, Trained, train_likelihood, train_preferences
from codepref.ledger import Ledger
from codepref.pairs.rows import Pair
from codepref.records import Json

MethodConfig = DpoConfig | BonbonConfig | RftConfig


class Aligned(NamedTuple):
    """An adapter, its training curve and its metrics."""

    adapter: PeftModel
    columns: list[str]
    steps: list[Step]
    metrics: dict[str, Json]


def align(
    run: Run,
    pairs: Sequence[Pair],
    rows: Sequence[Row],
    config: MethodConfig,
    *,
    start_digest: str,
    ledger: Ledger,
) -> Aligned:
    """Train an adapter on pairs; without pairs it is one that changes nothing.

    Args:
        run: model, with the adapter to train.
        pairs: the pairs that fit, and
        rows: the same as token ids, in the same order.
        config: the method and its settings.
        start_digest: of the model's weights, which are the reference.
        ledger: keeps the reference log-probabilities.

    Raises:
        ValueError: the run has no adapter to train.
        CheckFailed: the first loss is not that of a policy equal to its reference.
        DataError: a loss is not finite; its pairs are named.
    """
    if run.lora is None:
        raise ValueError("alignment trains an adapter, and run.lora is None")
    columns = LIKELIHOOD_COLUMNS if isinstance(config, RftConfig) else PREFERENCE_COLUMNS
    if not rows:
        adapter = fresh_adapter(run.model, run.lora, seed=run.seed)
        return Aligned(adapter, columns, [], _metrics([], [], []))
    reference = reference_logps(
        run.model,
        rows,
        ledger=ledger,
        model_digest=start_digest,
        rows_per_forward=run.loop.rows_per_forward,
        dtype=run.loop.dtype,
    )
    trained = _train(run, pairs, rows, reference, config)
    logps = row_logps(
        trained.model, rows, rows_per_forward=run.loop.rows_per_forward, dtype=run.loop.dtype
    )
    metrics = _metrics(trained.steps, reference, list(logps))
    return Aligned(cast(PeftModel, trained.model), columns, trained.steps, metrics)


def _train(
    run: Run,
    pairs: Sequence[Pair],
    rows: Sequence[Row],
    reference: Sequence[Sequence[float]],
    config: MethodConfig,
) -> Trained:
    if isinstance(config, RftConfig):
        return train_likelihood(run, [row._replace(answers=row.answers[:1]) for row in rows])
    if isinstance(config, DpoConfig):
        return train_preferences(run, rows, reference, dpo_objective(pairs, config))
    return train_preferences(run, rows, reference, bonbon_objective(pairs, config))


def _metrics(
    steps: Sequence[Step],
    reference: Sequence[Sequence[float]],
    final: Sequence[Sequence[float]],
) -> dict[str, Json]:
    return {
        **summarise_steps(steps),
        "during_training": summarise_rewards(steps),
        "final": summarise_pairs(reference, final),
    }
