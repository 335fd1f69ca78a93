"""The align stage on a tiny model."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file, save_file
from trl.trainer.base_trainer import _BaseTrainer

from codepref.alignment.adapters import CONFIG, WEIGHTS
from codepref.alignment.callbacks import check_first_loss
from codepref.alignment.targets import bonbon_target
from codepref.checkpoints.manifest import read_contents, read_manifest, write_manifest
from codepref.checkpoints.prompts import Renderer, load_tokenizer
from codepref.errors import CheckFailed, ConfigError, DataError, MissingError
from codepref.files import read_json
from stages import align, score_reference
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

ROOT = Path(__file__).parents[2]
ADAPTER, METRICS, CURVE = Path("adapter"), Path("metrics.json"), Path("curve.csv")


@pytest.fixture
def workspace(here: Path) -> Path:
    make_workspace(here)
    return here


def score() -> dict[str, Any]:
    """Compute the reference of the workspace's pairs."""
    tables = {"start": START, "instructions": INSTRUCTIONS, "pairs": PAIRS}
    score_reference.main(**tables, reference=REFERENCE, metrics=METRICS)
    return dict(read_json(METRICS))


def run(method: str = "dpo", *, scored: bool = False, **flags: Any) -> dict[str, Any]:
    if not scored:
        score()
    values = {"method": method, "seed": 0, "start": START, "instructions": INSTRUCTIONS}
    tables = {"pairs": PAIRS, "labels": LABELS, "reference": REFERENCE}
    outs = {"adapter": ADAPTER, "metrics": METRICS, "curve": CURVE}
    align.main(**{**values, **tables, **outs, **flags})
    return dict(read_json(METRICS))


def set_params(section: str, **changes: Any) -> None:
    sections = {**PARAMS["align"], section: {**PARAMS["align"][section], **changes}}
    YAML().dump({**PARAMS, "align": sections}, Path("params.yaml"))


def outputs() -> dict[str, bytes]:
    paths = [ADAPTER / WEIGHTS, ADAPTER / CONFIG, METRICS, CURVE]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.usefixtures("workspace")
def test_dpo_starts_at_log_2_and_parts_the_pairs() -> None:
    found = run("dpo")
    assert found["step_0"]["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert found["step_0"]["h"] == 0
    assert found["training"]["loss"]["last"] < found["training"]["loss"]["first"]
    assert found["final"]["margin"] > 0 and found["final"]["accuracy"] == 1


@pytest.mark.usefixtures("workspace")
def test_bonbon_starts_at_its_squared_target_and_the_likelihood() -> None:
    found = run("bonbon")
    contrast = 0.995 * bonbon_target(8) ** 2
    nll = (found["step_0"]["loss"] - contrast) / 0.005
    assert found["step_0"]["h"] == 0
    assert found["step_0"]["loss"] == pytest.approx(found["step_0"]["expected_loss"], rel=1e-6)
    # A random model spreads its mass over 384 tokens; a completion has some 15.
    assert 50 < nll < 200


@pytest.mark.usefixtures("workspace")
def test_rft_makes_the_chosen_answers_likelier() -> None:
    found = run("rft")
    assert found["final"]["chosen_log_ratio"] > 0
    assert found["training"]["loss"]["first"] == pytest.approx(
        math.log(384), abs=0.3
    )  # nats per token
    assert CURVE.read_text().splitlines()[0] == "step,loss,entropy,learning_rate,grad_norm"


@pytest.mark.parametrize("method", ["ipo", "rpo", "kto"])
@pytest.mark.usefixtures("workspace")
def test_the_other_methods_part_the_pairs_too(method: str) -> None:
    found = run(method)
    assert found["final"]["margin"] > 0 and found["n_steps"] == (10 if method == "kto" else 6)
    assert found["served_difference"] < 1e-4


@pytest.mark.usefixtures("workspace")
def test_rft_and_dpo_train_on_the_very_same_rows_and_steps() -> None:
    dpo, rft = run("dpo"), run("rft")
    for name in ("rows_digest", "n_pairs", "n_steps", "pairs_sha256"):
        assert dpo[name] == rft[name]
    assert rft["tokens_per_epoch"]["prompt"] == dpo["tokens_per_epoch"]["prompt"]


@pytest.mark.parametrize("method", ["dpo", "kto"])
@pytest.mark.usefixtures("workspace")
def test_all_weights_can_be_trained_and_are_served_as_they_are(method: str) -> None:
    set_params("forward", mode="full")
    found = run(method)
    assert found["final"]["margin"] > 0
    assert found["served_difference"] == 0
    assert (ADAPTER / "model.safetensors").is_file() and not (ADAPTER / CONFIG).exists()
    if method == "dpo":
        assert found["step_0"]["h"] == 0


@pytest.mark.usefixtures("workspace")
def test_four_bits_without_a_gpu_are_refused_with_what_to_do() -> None:
    set_params("forward", mode="qlora")
    with pytest.raises(MissingError, match=r"needs a CUDA device \(found cpu\) and bitsandbytes"):
        run("dpo")


def test_held_out_pairs_are_compared_and_never_trained_on(workspace: Path) -> None:
    write_pairs(workspace, [pair(i, split="held_out" if i > 2 else "train") for i in range(5)])
    found = run("dpo")
    assert (found["n_pairs"], found["held_out"]["n_pairs"], found["n_steps"]) == (3, 2, 4)
    weights = (ADAPTER / WEIGHTS).read_bytes()
    write_pairs(workspace, [pair(i) for i in range(3)])
    run("dpo")
    assert (ADAPTER / WEIGHTS).read_bytes() == weights


def test_on_policy_is_computed_from_the_digests(workspace: Path) -> None:
    own = read_manifest(START).digest
    prompt = Renderer(load_tokenizer(START), "plain").prompt("Add 1 to a number.")
    write_pairs(workspace, [pair(1, generator_digest=own, prompt=prompt), pair(2)])
    assert score()["n_on_policy"] == 1
    assert run("dpo")["n_on_policy"] == 1


def test_pairs_without_a_reference_are_named(workspace: Path) -> None:
    score()
    write_pairs(workspace, [pair(i) for i in range(7)])
    with pytest.raises(DataError, match=r"2 of 7 pairs have no reference .*: pair5, pair6; run"):
        run("dpo", scored=True)


def test_near_identical_pairs_and_falling_likelihood_are_warned_of(
    workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = f"\ndef add(a):\n    return a{''.join(f' + {i}' for i in range(14))}\n```"
    twins = [pair(i, chosen=body, rejected=body.replace("+ 7", "- 7")) for i in range(5)]
    write_pairs(workspace, twins)
    found = run("dpo")
    assert found["n_near_identical"] == 5
    assert "5 of 5 pairs are near-identical: pair0, pair1" in caplog.text
    fell = found["final"]["chosen_log_ratio"] < 0
    assert found["chosen_likelihood_fell"] is fell is ("likelihood displacement" in caplog.text)


@pytest.mark.usefixtures("workspace")
def test_each_step_has_its_parts_divergence_and_entropy() -> None:
    run("bonbon")
    header, *steps = [line.split(",") for line in CURVE.read_text().splitlines()]
    first = dict(zip(header, map(float, steps[0]), strict=True))
    parts = first["loss/contrast"] + first["loss/likelihood"]
    assert first["loss"] == pytest.approx(parts, rel=1e-5)
    assert first["kl"] == 0 and 0 < first["entropy"] < math.log(384)


@pytest.mark.usefixtures("workspace")
def test_the_same_inputs_give_the_same_bytes_without_paths() -> None:
    run("dpo")
    first = outputs()
    run("dpo")
    assert outputs() == first
    assert sorted(path.name for path in ADAPTER.iterdir()) == [CONFIG, WEIGHTS]
    settings = json.loads(first[CONFIG])
    assert settings["base_model_name_or_path"] == read_manifest(START).digest
    assert settings["target_modules"] == sorted(settings["target_modules"])
    assert b"/" not in first[CONFIG]


@pytest.mark.usefixtures("workspace")
def test_a_metric_of_a_step_is_in_the_curve_too() -> None:
    found = run("dpo")
    header, *steps = [line.split(",") for line in CURVE.read_text().splitlines()]
    assert len(steps) == found["n_steps"] == 6  # 2 epochs of 5 pairs by 2
    last = dict(zip(header, map(float, steps[-1]), strict=True))
    assert last["loss"] == pytest.approx(found["training"]["loss"]["last"], rel=1e-4)
    assert last["rewards/margins"] == pytest.approx(
        found["training"]["rewards/margins"]["last"], rel=1e-4
    )


def test_no_pairs_are_an_error_that_says_what_to_do(workspace: Path) -> None:
    write_pairs(workspace, [])
    with pytest.raises(DataError, match=r"no pair to train on: .*use easier or harder problems"):
        run("dpo")


def test_pairs_over_max_length_are_counted_and_the_others_train(workspace: Path) -> None:
    long = pair(9, chosen="x = 1\n" * 200)
    write_pairs(workspace, [pair(1), pair(2), long])
    found = run("dpo")
    assert found["pairs_dropped"] == {"too_long": 1}
    assert found["n_pairs"] == 2


@pytest.mark.parametrize(
    ("method", "named"), [("dpo", r"pair\d"), ("kto", r"instruction\d, instruction\d")]
)
@pytest.mark.usefixtures("workspace")
def test_a_loss_that_is_not_finite_stops_and_names_its_rows(method: str, named: str) -> None:
    weights = load_file(START / "model.safetensors")
    weights["model.norm.weight"][0] = torch.nan
    save_file(weights, START / "model.safetensors", metadata={"format": "pt"})
    manifest = read_manifest(START)
    contents = read_contents(START).model_dump()
    write_manifest(START, manifest.model_copy(update=contents))
    with pytest.raises(
        DataError, match=rf"the loss of rows {named} is .*nan.*last good checkpoint is kept"
    ):
        run(method)


def test_a_first_loss_that_is_not_the_references_fails_the_stage() -> None:
    check_first_loss(0.69315, math.log(2), "float32")
    with pytest.raises(CheckFailed, match="policy and reference differ"):
        check_first_loss(0.6935, math.log(2), "float32")


@pytest.mark.usefixtures("workspace")
def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="expected one of dpo, ipo, rpo, bonbon, rft, kto"):
        run("ppo")


@pytest.mark.usefixtures("workspace")
def test_a_batch_that_forwards_do_not_divide_is_refused() -> None:
    set_params("shared", batch_size=3)
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["align"]["forward"]["rows_per_forward"] = 2
    YAML().dump(params, Path("params.yaml"))
    with pytest.raises(
        ConfigError, match="batch_size 3 is no multiple of rows_per_forward 2 on 1 processes"
    ):
        run("dpo")


@pytest.mark.usefixtures("workspace")
def test_several_pairs_in_a_forward_give_the_same_losses() -> None:
    """4 of 5 pairs a step, 2 a forward: in the last step a forward has one pair."""
    set_params("shared", batch_size=4)
    one = run("dpo")
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["align"]["forward"]["rows_per_forward"] = 2
    YAML().dump(params, Path("params.yaml"))
    two = run("dpo")
    assert two["training"]["loss"]["first"] == pytest.approx(
        one["training"]["loss"]["first"], abs=1e-5
    )
    assert two["final"]["margin"] == pytest.approx(one["final"]["margin"], rel=1e-4)


@pytest.mark.usefixtures("workspace")
def test_bfloat16_starts_at_its_reference_too() -> None:
    set_params("forward", dtype="bfloat16")
    assert run("dpo")["step_0"]["h"] == 0


@pytest.mark.usefixtures("workspace")
def test_nothing_is_reported_to_anyone(monkeypatch: pytest.MonkeyPatch) -> None:
    def report(_: object) -> None:
        raise AssertionError("a usage report was sent")

    monkeypatch.setattr(_BaseTrainer, "_send_telemetry", report)
    run("dpo")


def train_in_a_process(folder: Path, method: str, adapter: str) -> subprocess.Popen[bytes]:
    flags = {"method": method, "seed": "0", "start": START, "adapter": f"{adapter}/policy"}
    tables = {"instructions": INSTRUCTIONS, "pairs": PAIRS, "labels": LABELS}
    flags |= {**tables, "reference": REFERENCE}
    files = {"metrics": f"{adapter}.json", "curve": f"{adapter}.csv"}
    words = [str(w) for name, value in {**flags, **files}.items() for w in (f"--{name}", value)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "stages.align", *words]
    with (folder / f"{adapter}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stderr=log)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "n_steps"), [("dpo", 18), ("rft", 18), ("kto", 30)])
def test_a_killed_training_goes_on_and_ends_in_the_same_bytes(
    method: str, n_steps: int, workspace: Path
) -> None:
    set_params("shared", epochs=6)
    score()
    whole = train_in_a_process(workspace, method, "whole")
    assert whole.wait(timeout=300) == 0
    assert not list((workspace / ".codepref/training").glob("*/"))
    killed = train_in_a_process(workspace, method, "resumed")
    deadline = time.monotonic() + 120
    while not list((workspace / ".codepref/training").glob("*/checkpoint-2/trainer_state.json")):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (workspace / "resumed.json").exists()
    again = train_in_a_process(workspace, method, "resumed")
    assert again.wait(timeout=300) == 0
    messages = (workspace / "resumed.log").read_text()
    assert f"step 1 of {n_steps}" not in messages
    assert f"step {n_steps} of {n_steps}" in messages
    for name in (CONFIG, WEIGHTS):
        resumed = (workspace / "resumed" / "policy" / name).read_bytes()
        assert resumed == (workspace / "whole" / "policy" / name).read_bytes()
    assert (workspace / "resumed.csv").read_bytes() == (workspace / "whole.csv").read_bytes()
    assert (workspace / "resumed.json").read_bytes() == (workspace / "whole.json").read_bytes()
