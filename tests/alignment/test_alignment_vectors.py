"""Parity with published-formula vectors, in float64. CODEPREF_VECTORS names their folder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from codepref.alignment.losses import PairLogps, bonbon_loss, dpo_loss, log_ratio_gap
from codepref.alignment.targets import bonbon_beta, bonbon_target, discrete_target

FOLDER = os.environ.get("CODEPREF_VECTORS")
TOLERANCE = 1e-9

pytestmark = pytest.mark.skipif(
    FOLDER is None or not (Path(FOLDER) / "bonbon.json").is_file(),
    reason="CODEPREF_VECTORS names no folder with bonbon.json",
)


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    value: dict[str, Any] = json.loads((Path(FOLDER or "") / "bonbon.json").read_text())
    return value


def tensors(case: dict[str, Any], who: str) -> PairLogps:
    values = [case[f"{who}_{side}_logps"] for side in ("chosen", "rejected")]
    return PairLogps(*(torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in values))


def close(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)


def test_constants(vectors: dict[str, Any]) -> None:
    for case in vectors["constants"]:
        assert close(bonbon_target(case["n"]), case["target"])
        assert close(bonbon_beta(case["n"]), case["beta_n"])


def test_discrete_targets(vectors: dict[str, Any]) -> None:
    for case in vectors["binary_reward_targets"]:
        found = discrete_target([1 - case["p"], case["p"]], 1, 0, case["n"])
        assert close(found, case["target"])


def check_case(case: dict[str, Any]) -> float:
    policy, reference = tensors(case, "policy"), tensors(case, "reference")
    target = torch.tensor([bonbon_target(case["n"])], dtype=torch.float64)
    loss = bonbon_loss(policy, reference, target, case["alpha"]).total
    loss.sum().backward()
    expected = case["expected"]
    assert close(log_ratio_gap(policy, reference).item(), expected["h"])
    assert close(loss.item(), expected["loss"])
    assert policy.chosen.grad is not None and policy.rejected.grad is not None
    assert close(policy.chosen.grad.item(), expected["dloss_dpolicy_chosen"])
    assert close(policy.rejected.grad.item(), expected["dloss_dpolicy_rejected"])
    beta = bonbon_beta(case["n"])
    gain = beta * (policy.chosen - reference.chosen).item()
    assert close(gain, expected["chosen_reward"])
    return loss.item()


def test_losses_gradients_and_rewards_of_single_pairs(vectors: dict[str, Any]) -> None:
    for case in vectors["cases"]:
        check_case(case)


def test_the_authors_released_code_runs_another_loss_and_parity_is_with_the_paper(
    vectors: dict[str, Any],
) -> None:
    """Its call leaves ipo off, so the contrast it runs is that of DPO with beta_n."""
    for case in vectors["cases"]:
        policy, reference = tensors(case, "policy"), tensors(case, "reference")
        contrast = dpo_loss(policy, reference, bonbon_beta(case["n"]))
        released = case["alpha"] * -policy.chosen + (1 - case["alpha"]) * contrast
        assert close(released.item(), case["released_code_as_is"]["loss"])
        if case["alpha"] < 1:
            assert not close(released.item(), case["expected"]["loss"])


def test_a_batch_is_the_mean_over_its_pairs(vectors: dict[str, Any]) -> None:
    for batch in vectors["batches"]:
        losses = [check_case(case) for case in batch["pairs"]]
        assert close(sum(losses) / len(losses), batch["expected_mean_loss"])


def test_sequences_are_summed_over_completion_tokens(vectors: dict[str, Any]) -> None:
    for batch in vectors["token_level"]:
        sums = [
            {
                who: sum(
                    logp * keep
                    for logp, keep in zip(
                        row[f"{who}_token_logps_shifted"], row["completion_mask"][1:], strict=True
                    )
                )
                for who in ("policy", "reference")
            }
            for row in batch["rows"]
        ]
        half = len(sums) // 2
        for i, case in enumerate(batch["per_pair"]):
            assert close(sums[i]["policy"], case["policy_chosen_logps"])
            assert close(sums[half + i]["reference"], case["reference_rejected_logps"])
        losses = [check_case(case) for case in batch["per_pair"]]
        assert close(sum(losses) / len(losses), batch["expected_batch_mean_loss"])
