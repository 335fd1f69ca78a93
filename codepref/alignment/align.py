"""Pairs or labelled responses to a trained model, by any method."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from peft import PeftModel
from transformers import PreTrainedModel

from codepref.alignment.arguments import Run
from codepref.alignment.config import KtoConfig, MethodConfig, RftConfig
from codepref.alignment.curve import Step
from codepref.alignment.data import PairSet, Unpaired
from codepref.alignment.objectives import pair_objective
from codepref.alignment.reference import row_logps
from codepref.alignment.rows import IDS_SHOWN, Row
from codepref.alignment.similarity import near_identical
from codepref.alignment.summary import count_tokens, summarise_pairs, summarise_steps
from codepref.alignment.training import (
    Trained,
    train_likelihood,
    train_preferences,
    train_unpaired,
)
from codepref.errors import DataError
from codepref.records import Json

logger = logging.getLogger(__name__)


class Aligned(NamedTuple):
    """What was trained, its training curve and its metrics."""

    model: PeftModel | PreTrainedModel
    columns: list[str]
    steps: list[Step]
    metrics: dict[str, Json]
    logps: list[list[float]]


def align(
    run: Run, train: PairSet, held_out: PairSet, unpaired: Unpaired, config: MethodConfig
) -> Aligned | None:
    """Train by a method, then compare the policy with its reference on both sets of pairs.

    Args:
        run: model and settings.
        train: pairs to train on; rft takes their chosen sides.
        held_out: pairs that no training saw.
        unpaired: what kto trains on; the other methods leave it alone.
        config: the method and its settings.

    Returns:
        What was made of it; None beside the main process.

    Raises:
        CheckFailed: the first loss is not that of a policy equal to its reference.
        DataError: there is nothing to train on, or a loss is not finite; its pairs are named.
    """
    if not train.rows:
        raise DataError(
            "no pair to train on: the table of pairs is empty, or all are held out or too long; "
            "sample more, use easier or harder problems, or raise max_length"
        )
    alike = near_identical(train.rows)
    if alike:
        some = ", ".join(alike[:IDS_SHOWN])
        logger.warning("%d of %d pairs are near-identical: %s", len(alike), len(train.rows), some)
    trained = _train(run, train, unpaired, config)
    if trained is None:
        return None
    logps = _logps(run, trained, train.rows)
    final = summarise_pairs(train.reference, logps)
    ratio = final["chosen_log_ratio"]
    displaced = isinstance(ratio, float) and ratio < 0
    if displaced:
        logger.warning(
            "the chosen answers became less likely, by %.2f nats on average (likelihood "
            "displacement): lower learning_rate, or use rpo",
            -float(str(ratio)),
        )
    metrics: dict[str, Json] = {
        **summarise_steps(trained.columns, trained.steps),
        "final": final,
        "held_out": summarise_pairs(held_out.reference, _logps(run, trained, held_out.rows)),
        "n_near_identical": len(alike),
        "chosen_likelihood_fell": displaced,
        "tokens_per_epoch": count_tokens(_rows(train, unpaired, config)),
    }
    return Aligned(trained.model, trained.columns, trained.steps, metrics, logps)


def _train(run: Run, train: PairSet, unpaired: Unpaired, config: MethodConfig) -> Trained | None:
    rows = _rows(train, unpaired, config)
    match config:
        case RftConfig():
            return train_likelihood(run, rows)
        case KtoConfig():
            return train_unpaired(run, rows, unpaired.is_chosen, config)
        case _:
            return train_preferences(
                run, rows, train.reference, pair_objective(train.pairs, config)
            )


def _rows(train: PairSet, unpaired: Unpaired, config: MethodConfig) -> list[Row]:
    """Give what a method reads; rft and the pair methods read the very same pairs."""
    match config:
        case RftConfig():
            return [row._replace(answers=row.answers[:1]) for row in train.rows]
        case KtoConfig():
            return unpaired.rows
        case _:
            return train.rows


def _logps(run: Run, trained: Trained, rows: Sequence[Row]) -> list[list[float]]:
    forward = run.forward
    return list(
        row_logps(
            trained.model, rows, rows_per_forward=forward.rows_per_forward, dtype=forward.dtype
        )
    )
