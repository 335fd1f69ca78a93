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
from codepref.errors import CheckFailed, ConfigError, DataError
from codepref.files import read_json
from codepref.pairs.rows import Pair
from codepref.tables import write_table
from stages.align import main
from tests.alignment.cells import PAIRS, PARAMS, START, make_workspace, pair

ROOT = Path(__file__).parents[2]
ADAPTER, METRICS, CURVE = Path("adapter"), Path("metrics.json"), Path("curve.csv")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str) -> Path:
    make_workspace(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    return tmp_path


def run(method: str = "dpo", **flags: Any) -> dict[str, Any]:
    values = {"method": method, "seed": 0, "start": START, "pairs": PAIRS}
    main(**{**values, "adapter": ADAPTER, "metrics": METRICS, "curve": CURVE, **flags})
    return dict(read_json(METRICS))


def set_shared(**changes: Any) -> None:
    align = {**PARAMS["align"], "shared": {**PARAMS["align"]["shared"], **changes}}
    YAML().dump({**PARAMS, "align": align}, Path("params.yaml"))


def outputs() -> dict[str, bytes]:
    paths = [ADAPTER / WEIGHTS, ADAPTER / CONFIG, METRICS, CURVE]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.usefixtures("workspace")
def test_dpo_starts_at_log_2_and_parts_the_pairs() -> None:
    found = run("dpo")
    assert found["step_0"]["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert found["step_0"]["h"] == 0
    assert found["loss"]["last"] < found["loss"]["first"]
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
    assert found["loss"]["first"] == pytest.approx(math.log(384), abs=0.3)  # nats per token
    assert CURVE.read_text().splitlines()[0] == "step,loss,learning_rate,grad_norm"


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
    assert last["loss"] == pytest.approx(found["loss"]["last"], rel=1e-4)
    assert last["rewards/margins"] == pytest.approx(
        found["during_training"]["rewards/margins"]["last"], rel=1e-4
    )


@pytest.mark.usefixtures("workspace")
def test_no_pairs_give_an_adapter_that_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    write_table(PAIRS, [], Pair)
    found = run("dpo")
    assert found["trained"] is False and found["n_steps"] == 0
    assert "no pair to train on" in caplog.text
    second = [tensor for name, tensor in load_file(ADAPTER / WEIGHTS).items() if "lora_B" in name]
    assert second and not any(tensor.any() for tensor in second)
    assert len(CURVE.read_text().splitlines()) == 1


@pytest.mark.usefixtures("workspace")
def test_pairs_over_max_length_are_counted_and_the_others_train() -> None:
    long = pair(9, prompt="x = 1\n" * 200)
    write_table(PAIRS, [pair(1), pair(2), long], Pair)
    found = run("dpo")
    assert found["pairs_dropped"] == {"too_long": 1}
    assert found["n_pairs"] == 2


@pytest.mark.usefixtures("workspace")
def test_a_loss_that_is_not_finite_stops_and_names_its_pairs() -> None:
    weights = load_file(START / "model.safetensors")
    weights["model.norm.weight"][0] = torch.nan
    save_file(weights, START / "model.safetensors", metadata={"format": "pt"})
    manifest = read_manifest(START)
    contents = read_contents(START).model_dump()
    write_manifest(START, manifest.model_copy(update=contents))
    with pytest.raises(DataError, match=r"the loss of rows pair\d is \[nan\]"):
        run("dpo")


def test_a_first_loss_that_is_not_the_references_fails_the_stage() -> None:
    check_first_loss(0.69315, math.log(2), "float32")
    with pytest.raises(CheckFailed, match="policy and reference differ"):
        check_first_loss(0.6935, math.log(2), "float32")


@pytest.mark.usefixtures("workspace")
def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="expected one of dpo, bonbon, rft"):
        run("ppo")


@pytest.mark.usefixtures("workspace")
def test_a_batch_that_forwards_do_not_divide_is_refused() -> None:
    set_shared(batch_size=3, rows_per_forward=2)
    with pytest.raises(ConfigError, match="batch_size 3 is no multiple of rows_per_forward 2"):
        run("dpo")


@pytest.mark.usefixtures("workspace")
def test_several_pairs_in_a_forward_give_the_same_losses() -> None:
    one = run("dpo")
    set_shared(rows_per_forward=2)
    two = run("dpo")
    assert two["loss"]["first"] == pytest.approx(one["loss"]["first"], abs=1e-5)
    assert two["final"]["margin"] == pytest.approx(one["final"]["margin"], rel=0.05)


@pytest.mark.usefixtures("workspace")
def test_bfloat16_starts_at_its_reference_too() -> None:
    set_shared(dtype="bfloat16")
    assert run("dpo")["step_0"]["h"] == 0


@pytest.mark.usefixtures("workspace")
def test_nothing_is_reported_to_anyone(monkeypatch: pytest.MonkeyPatch) -> None:
    def report(_: object) -> None:
        raise AssertionError("a usage report was sent")

    monkeypatch.setattr(_BaseTrainer, "_send_telemetry", report)
    run("dpo")


def train_in_a_process(folder: Path, adapter: str) -> subprocess.Popen[bytes]:
    flags = {"method": "dpo", "seed": "0", "start": START, "pairs": PAIRS, "adapter": adapter}
    files = {"metrics": f"{adapter}.json", "curve": f"{adapter}.csv"}
    words = [str(w) for name, value in {**flags, **files}.items() for w in (f"--{name}", value)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "stages.align", *words]
    with (folder / f"{adapter}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stderr=log)


@pytest.mark.slow
def test_a_killed_training_goes_on_and_ends_in_the_same_bytes(workspace: Path) -> None:
    set_shared(epochs=6)
    whole = train_in_a_process(workspace, "whole")
    assert whole.wait(timeout=300) == 0
    assert not list((workspace / ".codepref/training").glob("*/"))
    killed = train_in_a_process(workspace, "resumed")
    deadline = time.monotonic() + 120
    while not list((workspace / ".codepref/training").glob("*/checkpoint-2/trainer_state.json")):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (workspace / "resumed.json").exists()
    again = train_in_a_process(workspace, "resumed")
    assert again.wait(timeout=300) == 0
    messages = (workspace / "resumed.log").read_text()
    assert "step 1 of 18" not in messages and "step 18 of 18" in messages
    for name in (CONFIG, WEIGHTS):
        resumed = (workspace / "resumed" / name).read_bytes()
        assert resumed == (workspace / "whole" / name).read_bytes()
    assert (workspace / "resumed.csv").read_bytes() == (workspace / "whole.csv").read_bytes()
    assert (workspace / "resumed.json").read_bytes() == (workspace / "whole.json").read_bytes()
