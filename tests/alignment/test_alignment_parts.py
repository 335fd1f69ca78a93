"""Objectives, reference log-probabilities, summaries and curves."""

from pathlib import Path
from typing import Any

import pytest
import torch

from codepref.alignment.config import (
    BonbonConfig,
    DpoConfig,
    IpoConfig,
    PolicyParams,
    RftConfig,
    RpoConfig,
    Target,
)
from codepref.alignment.curve import training_steps, write_curve
from codepref.alignment.losses import PairLogps, bonbon_loss, dpo_loss, ipo_loss, rpo_loss
from codepref.alignment.models import load_model
from codepref.alignment.objectives import PairTerms, margin_target, pair_objective
from codepref.alignment.reference import (
    Reference,
    ReferenceLogps,
    look_up,
    row_logps,
    score_pairs,
)
from codepref.alignment.rows import Row
from codepref.alignment.summary import count_tokens, summarise_pairs, summarise_steps
from codepref.alignment.targets import bonbon_beta, bonbon_target, discrete_target
from codepref.errors import DataError
from codepref.ledger import Ledger
from tests.alignment.cells import pair
from tests.tiny_model import make_tiny_model

ROWS = [Row("a", [10, 11, 12], [[20, 21], [30]]), Row("b", [40], [[50], [60, 61]])]


def bonbon(target: Target, alpha: float = 0.0) -> BonbonConfig:
    return BonbonConfig(learning_rate=1.0, max_grad_norm=1.0, alpha=alpha, target=target)


def terms(betas: list[float]) -> PairTerms:
    policy = PairLogps(torch.tensor([-4.0, -7.0]), torch.tensor([-8.0, -4.0]))
    reference = PairLogps(torch.tensor([-5.0, -7.0]), torch.tensor([-6.0, -4.0]))
    return PairTerms(policy, reference, torch.tensor(betas), torch.tensor([2, 7]))


def test_each_method_is_the_sum_of_its_parts_and_that_is_its_loss() -> None:
    """Policy and reference of `terms` have gaps 3 and 0."""
    rates = {"learning_rate": 1.0, "max_grad_norm": 1.0}
    pairs = [pair(1, n_samples=2), pair(2)]
    targets = torch.tensor([bonbon_target(2), bonbon_target(8)])
    given = terms([0.0, 0.0])
    both = given.policy, given.reference
    expected = {
        DpoConfig(**rates, beta=0.3): dpo_loss(*both, 0.3),
        IpoConfig(**rates, tau=0.3): ipo_loss(*both, 0.3),
        RpoConfig(**rates, beta=0.3, alpha=2.0): rpo_loss(
            *both, given.chosen_tokens, beta=0.3, alpha=2.0
        ).total,
        bonbon("paper", 0.25): bonbon_loss(*both, targets, 0.25).total,
    }
    for config, losses in expected.items():
        objective = pair_objective(pairs, config)
        parts = objective.parts(terms(objective.betas))
        assert list(parts) == objective.names
        assert sum(parts.values()).tolist() == pytest.approx(losses.tolist(), rel=1e-5)
        assert objective.loss(terms(objective.betas)).tolist() == pytest.approx(losses.tolist())


def test_bonbon_takes_each_pairs_own_number_of_samples() -> None:
    objective = pair_objective([pair(1, n_samples=2), pair(2, n_samples=8)], bonbon("paper"))
    assert objective.betas == pytest.approx([bonbon_beta(2), bonbon_beta(8)])


def test_a_discrete_target_follows_the_prompts_own_pass_rate() -> None:
    one = pair(1, n_samples=8, n_passed=3)
    expected = discrete_target([5.5 / 9, 3.5 / 9], 1, 0, 8)
    assert margin_target(one, bonbon("discrete")) == pytest.approx(expected)


def test_a_discrete_target_of_graded_rewards_takes_all_levels() -> None:
    graded = {"rewards": [0.0, 0.5, 0.5, 1.0], "rejected_reward": 0.5, "n_samples": 4}
    expected = discrete_target([1.5 / 5.5, 2.5 / 5.5, 1.5 / 5.5], 2, 1, 4)
    assert margin_target(pair(1, **graded), bonbon("discrete")) == pytest.approx(expected)


def test_a_method_on_other_rows_has_no_objective() -> None:
    with pytest.raises(ValueError, match="RftConfig is no method on pairs"):
        pair_objective([pair(1)], RftConfig(learning_rate=1.0, max_grad_norm=1.0))


FORWARD = PolicyParams(
    max_length=256, rows_per_forward=1, dtype="float32", device="cpu", mode="lora"
)
REFERENCE = Reference("start", "plain", 256, "float32", four_bits=False)


def test_reference_log_probabilities_are_computed_once(tmp_path: Path) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    fresh = list(row_logps(model, ROWS, rows_per_forward=1, dtype="float32"))
    ledger = Ledger(tmp_path / "ledger.sqlite")
    pairs = {name: pair(1, pair_id=name, generator_digest="start") for name in ("a", "b")}

    def look(reference: Reference) -> list[list[float]]:
        rows = score_pairs(model, pairs, ROWS, reference, forward=FORWARD, ledger=ledger)
        assert all(row.on_policy == (reference.digest == "start") for row in rows)
        return [[row.chosen_logp, row.rejected_logp] for row in rows]

    assert look(REFERENCE) == fresh
    with torch.no_grad():
        model.model.norm.weight.zero_()
    assert look(REFERENCE) == fresh
    assert look(REFERENCE._replace(digest="another")) != fresh
    ledger.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "other"},
        {"template": "chat"},
        {"max_length": 255},
        {"dtype": "bfloat16"},
        {"four_bits": True},
    ],
)
def test_a_reference_row_of_another_key_is_never_taken(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    ledger = Ledger(tmp_path / "ledger.sqlite")
    pairs = {name: pair(1, pair_id=name) for name in ("a", "b")}
    table = score_pairs(model, pairs, ROWS, REFERENCE, forward=FORWARD, ledger=ledger)
    ledger.close()
    assert look_up(table, ROWS, REFERENCE) == table
    with pytest.raises(DataError, match=r"2 of 2 pairs have no reference .*: a, b; run `dvc repro"):
        look_up(table, ROWS, REFERENCE._replace(**changes))


@pytest.mark.parametrize(
    "changes", [{"row_id": "c"}, {"prompt": [10, 11]}, {"answers": [[20, 21], [31]]}]
)
def test_a_reference_row_of_another_text_is_never_taken(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    ledger = Ledger(tmp_path / "ledger.sqlite")
    pairs = {name: pair(1, pair_id=name) for name in ("a", "b")}
    table = score_pairs(model, pairs, ROWS, REFERENCE, forward=FORWARD, ledger=ledger)
    ledger.close()
    with pytest.raises(DataError, match="1 of 2 pairs have no reference"):
        look_up(table, [ROWS[0]._replace(**changes), ROWS[1]], REFERENCE)


def test_rows_in_one_forward_come_back_in_order(tmp_path: Path) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    alone = list(row_logps(model, ROWS, rows_per_forward=1, dtype="float32"))
    together = list(row_logps(model, ROWS, rows_per_forward=2, dtype="float32"))
    for row, other in zip(alone, together, strict=True):
        assert row == pytest.approx(other, abs=1e-4)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no weights that transformers can read"):
        load_model(tmp_path, "float32", torch.device("cpu"))


def reference_row(chosen: float, rejected: float) -> ReferenceLogps:
    return ReferenceLogps(
        reference_id=f"{chosen} {rejected}",
        pair_id="a",
        reference_digest="start",
        template="plain",
        max_length=256,
        dtype="float32",
        four_bits=False,
        on_policy=True,
        chosen_logp=chosen,
        rejected_logp=rejected,
    )


def test_log_ratios_are_means_over_pairs() -> None:
    """Chosen gains 1 and 3, rejected -1 and 4: margins 2 and -1, one of two won."""
    rows = [reference_row(-5, -5), reference_row(-5, -5)]
    assert summarise_pairs(rows, [[-4, -6], [-2, -1]]) == {
        "n_pairs": 2,
        "chosen_log_ratio": 2.0,
        "rejected_log_ratio": 1.5,
        "margin": 0.5,
        "accuracy": 0.5,
    }


def test_no_pairs_have_no_log_ratio() -> None:
    assert set(summarise_pairs([], []).values()) == {0, None}


def test_no_steps_say_not_trained() -> None:
    assert summarise_steps(["step", "loss"], [])["trained"] is False


def test_tokens_of_a_prompt_are_counted_once() -> None:
    assert count_tokens(ROWS) == {"prompt": 4, "answers": 6}


def test_a_curve_has_a_row_per_step_and_six_digits(tmp_path: Path) -> None:
    history = [{"step": 1, "loss": 0.12345678}, {"train_runtime": 3.0}]
    write_curve(tmp_path / "curve.csv", ["step", "loss"], training_steps(history))
    assert (tmp_path / "curve.csv").read_text() == "step,loss\n1,0.123457\n"
