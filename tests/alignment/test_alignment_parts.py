"""Objectives, reference log-probabilities, summaries and curves."""

from pathlib import Path

import pytest
import torch

from codepref.alignment.config import BonbonConfig, DpoConfig
from codepref.alignment.curve import training_steps, write_curve
from codepref.alignment.losses import PairLogps
from codepref.alignment.models import load_model
from codepref.alignment.objectives import bonbon_objective, dpo_objective
from codepref.alignment.reference import reference_logps, row_logps
from codepref.alignment.rows import Row
from codepref.alignment.summary import count_tokens, summarise_pairs, summarise_steps
from codepref.alignment.targets import bonbon_beta, bonbon_target, discrete_target
from codepref.errors import DataError
from codepref.ledger import Ledger
from tests.alignment.cells import pair
from tests.tiny_model import make_tiny_model

ROWS = [Row("a", [10, 11, 12], [[20, 21], [30]]), Row("b", [40], [[50], [60, 61]])]


def test_dpo_has_one_beta_for_all_pairs() -> None:
    config = DpoConfig(learning_rate=1.0, max_grad_norm=1.0, beta=0.3)
    assert dpo_objective([pair(1), pair(2)], config).betas == [0.3, 0.3]


def test_bonbon_takes_each_pairs_own_number_of_samples() -> None:
    config = BonbonConfig(learning_rate=1.0, max_grad_norm=1.0, alpha=0.0, target="paper")
    objective = bonbon_objective([pair(1, n_samples=2), pair(2, n_samples=8)], config)
    assert objective.betas == pytest.approx([bonbon_beta(2), bonbon_beta(8)])
    zero = PairLogps(torch.zeros(2), torch.zeros(2))
    losses = objective.loss(zero, zero, torch.tensor(objective.betas))
    assert losses.tolist() == pytest.approx([1.0, bonbon_target(8) ** 2], rel=1e-5)


def test_a_discrete_target_follows_the_prompts_own_pass_rate() -> None:
    config = BonbonConfig(learning_rate=1.0, max_grad_norm=1.0, alpha=0.0, target="discrete")
    (beta,) = bonbon_objective([pair(1, n_samples=8, n_passed=3)], config).betas
    assert 1 / (2 * beta) == pytest.approx(discrete_target(3.5 / 9, 8))


def test_reference_log_probabilities_are_computed_once(tmp_path: Path) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    fresh = list(row_logps(model, ROWS, rows_per_forward=1, dtype="float32"))
    ledger = Ledger(tmp_path / "ledger.sqlite")

    def look_up(digest: str) -> list[list[float]]:
        return reference_logps(
            model, ROWS, ledger=ledger, model_digest=digest, rows_per_forward=1, dtype="float32"
        )

    assert look_up("start") == fresh
    with torch.no_grad():
        model.model.norm.weight.zero_()
    assert look_up("start") == fresh
    assert look_up("another start") != fresh
    ledger.close()


def test_rows_in_one_forward_come_back_in_order(tmp_path: Path) -> None:
    model = load_model(make_tiny_model(tmp_path / "tiny"), "float32", torch.device("cpu"))
    alone = list(row_logps(model, ROWS, rows_per_forward=1, dtype="float32"))
    together = list(row_logps(model, ROWS, rows_per_forward=2, dtype="float32"))
    for row, other in zip(alone, together, strict=True):
        assert row == pytest.approx(other, abs=1e-4)


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no weights that transformers can read"):
        load_model(tmp_path, "float32", torch.device("cpu"))


def test_log_ratios_are_means_over_pairs() -> None:
    """Chosen gains 1 and 3, rejected -1 and 4: margins 2 and -1, one of two won."""
    found = summarise_pairs([[-5, -5], [-5, -5]], [[-4, -6], [-2, -1]])
    assert found == {
        "chosen_log_ratio": 2.0,
        "rejected_log_ratio": 1.5,
        "margin": 0.5,
        "accuracy": 0.5,
    }


def test_no_pairs_have_no_log_ratio() -> None:
    assert set(summarise_pairs([], []).values()) == {None}


def test_no_steps_say_not_trained() -> None:
    assert summarise_steps([])["trained"] is False


def test_tokens_of_a_prompt_are_counted_once() -> None:
    assert count_tokens(ROWS) == {"prompt": 4, "answers": 6}


def test_a_curve_has_a_row_per_step_and_six_digits(tmp_path: Path) -> None:
    history = [{"step": 1, "loss": 0.12345678}, {"train_runtime": 3.0}]
    write_curve(tmp_path / "curve.csv", ["step", "loss"], training_steps(history))
    assert (tmp_path / "curve.csv").read_text() == "step,loss\n1,0.123457\n"
