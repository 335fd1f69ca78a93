"""What a policy's log-ratios say of responses, and the stage that computes them."""

from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from ruamel.yaml import YAML

from codepref.alignment.models import load_model
from codepref.alignment.reference import row_logps
from codepref.alignment.rewards import (
    RULE_REWARDS,
    ImplicitReward,
    rule_class,
    summarise_rewards,
)
from codepref.alignment.rows import Row
from codepref.checkpoints.manifest import read_manifest
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import DataError
from codepref.execution.rows import Verdict
from codepref.files import read_json
from codepref.pairs.rows import Side
from codepref.sampling.adapters import load_merged
from codepref.statistics.config import BootstrapConfig
from codepref.tables import read_table
from stages import align, score_reference, score_rewards
from tests.alignment.cells import (
    INSTRUCTIONS,
    LABELS,
    PAIRS,
    PARAMS,
    REFERENCE,
    START,
    make_workspace,
    pair,
    write_pairs,
)

CONFIG = BootstrapConfig(confidence=0.95, resamples=2000, seed=0)
GRID = {
    "models": ["tiny"],
    "starts": ["pretrained"],
    "methods": ["dpo"],
    "seeds": [0],
    "off_policy": {},
    "benchmarks": [],
    "searched": [],
    "generators": ["tiny-pretrained"],
    "sft_models": [],
}
STUDY = {**PARAMS, "grid": GRID}
ADAPTERS, REWARDS, METRICS = Path("adapters"), Path("rewards.parquet"), Path("metrics.json")


def reward(prompt: str, log_ratio: float, verdict: Verdict = "passed") -> ImplicitReward:
    label: Side = "chosen" if verdict == "passed" else "rejected"
    return ImplicitReward(
        reward_id="",
        variant="dpo-0",
        policy_digest="p",
        response_id="",
        instruction_id=prompt,
        label=label,
        verdict=verdict,
        rule_reward=RULE_REWARDS[rule_class(verdict)],
        logp=log_ratio - 7.0,
        reference_logp=-7.0,
    )


def summary(rows: list[ImplicitReward]) -> dict[str, Any]:
    return dict(summarise_rewards(rows, CONFIG))


def test_the_auc_counts_pairs_of_one_prompt_and_ties_half() -> None:
    """Prompt a: 2 > 1, 2 = 2, 0 < 1, 0 < 2 give 1.5 of 4; prompt b: 1 of 1; so 2.5 of 5."""
    rows = [
        *(reward("a", value) for value in (2.0, 0.0)),
        *(reward("a", value, "failed") for value in (1.0, 2.0)),
        reward("b", 5.0),
        reward("b", -5.0, "error"),
    ]
    found = summary(rows)
    assert found["auc"] == 2.5 / 5
    assert (found["n_comparisons"], found["n_prompts_with_both"]) == (5, 2)


def test_responses_of_different_prompts_are_never_compared() -> None:
    """Every passing response is below every failing one, except within its prompt."""
    rows = [reward("a", 0.0), reward("a", -1.0, "failed"), reward("b", 9.0, "failed")]
    found = summary(rows)
    assert found["auc"] == 1.0
    assert (found["n_prompts"], found["n_prompts_with_both"], found["n_responses"]) == (2, 1, 3)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [reward(p, v, w) for p in "abc" for v, w in ((0.5, "passed"), (0.1, "failed"))]  # type: ignore[arg-type]  # literals
    assert summary(rows[::-1]) == summary(rows)


def test_the_interval_is_over_prompts() -> None:
    """Of n prompts, k are all right and the rest all wrong: a resample's AUC is a binomial share.

    With n = 100 and k = 70 the middle 95 percent of Bin(100, 0.7) / 100 are 0.61 to 0.79.
    """
    rows = []
    for i in range(100):
        right = 1.0 if i < 70 else -1.0
        rows += [reward(f"{i}", right), reward(f"{i}", 0.0, "failed")]
    found = summary(rows)
    assert found["auc"] == 0.7
    assert found["low"] == pytest.approx(0.61, abs=0.015)
    assert found["high"] == pytest.approx(0.79, abs=0.015)


def test_without_both_kinds_of_one_prompt_there_is_no_auc() -> None:
    for rows in ([], [reward("a", 1.0), reward("b", 0.0, "failed")]):
        found = summary(rows)
        assert (found["auc"], found["low"], found["high"]) == (None, None, None)
        assert found["n_comparisons"] == 0


def test_quartiles_are_by_the_rule_s_class_and_empty_without_responses() -> None:
    values = (3.0, 1.0, 2.0, 5.0, 4.0)
    ratios = summary([reward("a", value, "error") for value in values])["log_ratio"]
    assert ratios["error"] == {"n": 5, "rule_reward": -0.6, "quartiles": [1.0, 2.0, 3.0, 4.0, 5.0]}
    for name, worth in (("passed", 1.0), ("failed", -0.3), ("syntax_error", -1.0)):
        assert ratios[name] == {"n": 0, "rule_reward": worth, "quartiles": []}


def test_what_neither_passed_nor_failed_nor_compiled_is_an_error() -> None:
    classes = {verdict: rule_class(verdict) for verdict in get_args(Verdict)}
    assert {name for name, found in classes.items() if found != "error"} == {
        "passed",
        "failed",
        "syntax_error",
    }


@pytest.fixture
def workspace(here: Path) -> Path:
    """Be in a folder with a start, three pairs to train on, two held out, and dpo as its grid."""
    make_workspace(here)
    write_pairs(here, [pair(i, split="held_out" if i > 2 else "train") for i in range(5)])
    YAML().dump(STUDY, here / "params.yaml")
    return here


def train() -> None:
    tables: dict[str, Any] = {"start": START, "instructions": INSTRUCTIONS, "pairs": PAIRS}
    score_reference.main(**tables, reference=REFERENCE, metrics=Path("reference.json"))
    align.main(
        method="dpo",
        seed=0,
        **tables,
        labels=LABELS,
        reference=REFERENCE,
        adapter=ADAPTERS / "dpo-0",
        metrics=Path("align.json"),
        curve=Path("curve.csv"),
    )


def score() -> dict[str, Any]:
    score_rewards.main(START, ADAPTERS, INSTRUCTIONS, LABELS, REWARDS, METRICS)
    return dict(read_json(METRICS))


@pytest.mark.usefixtures("workspace")
def test_the_stage_scores_held_out_responses_under_the_served_model() -> None:
    train()
    found = score()["variants"]["dpo-0"]
    rows = read_table(REWARDS, ImplicitReward)
    assert sorted(row.response_id for row in rows) == [
        "chosen3",
        "chosen4",
        "rejected3",
        "rejected4",
    ]
    assert (found["n_responses"], found["n_comparisons"]) == (4, 2)
    assert found["log_ratio"]["passed"]["n"] == found["log_ratio"]["failed"]["n"] == 2
    (row,) = [row for row in rows if row.response_id == "rejected4"]
    renderer = Renderer(load_tokenizer(START), "plain")
    prompt = renderer.encode_prompt(renderer.prompt("Add 4 to a number."))
    alone = Row("", prompt, [renderer.encode_completion(pair(4).rejected)])
    for model, logp in (
        (load_merged(START, ADAPTERS / "dpo-0", torch.float32), row.logp),
        (load_model(START, "float32", torch.device("cpu")), row.reference_logp),
    ):
        ((expected,),) = row_logps(model, [alone], rows_per_forward=1, dtype="float32")
        assert logp == pytest.approx(expected, abs=1e-4)
    # The margin is that which the training itself reports of held-out pairs.
    margin = sum(r.log_ratio if r.label == "chosen" else -r.log_ratio for r in rows) / 2
    assert margin == pytest.approx(read_json(Path("align.json"))["held_out"]["margin"], abs=1e-4)  # type: ignore[index,call-overload]
    assert rows[0].policy_digest != read_manifest(START).digest


@pytest.mark.usefixtures("workspace")
def test_the_stage_writes_the_same_bytes_twice() -> None:
    train()
    score()
    first = REWARDS.read_bytes(), METRICS.read_bytes()
    score()
    assert (REWARDS.read_bytes(), METRICS.read_bytes()) == first


def test_without_held_out_responses_the_stage_says_so(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pairs(workspace, [pair(i) for i in range(3)])
    train()
    found = score()
    assert found["variants"]["dpo-0"]["auc"] is None
    assert read_table(REWARDS, ImplicitReward) == []
    assert "no held-out response" in caplog.text


@pytest.mark.usefixtures("workspace")
def test_prompts_whose_responses_are_too_long_are_counted() -> None:
    train()
    forward = {**PARAMS["align"]["forward"], "max_length": 95}
    align_params = {**PARAMS["align"], "forward": forward}
    YAML().dump({**STUDY, "align": align_params}, Path("params.yaml"))
    found = score()
    assert found["instructions_dropped"] == {"too_long": 2}
    assert found["variants"]["dpo-0"]["n_responses"] == 0


@pytest.mark.usefixtures("workspace")
def test_a_policy_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"adapters/dpo-0: no adapter"):
        score()
