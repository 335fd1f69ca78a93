"""The finetune stage on a tiny model."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from codepref.checkpoints.manifest import read_manifest, read_start
from codepref.contamination.rows import Hit
from codepref.execution.rows import Execution
from codepref.files import read_json
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from stages.finetune import main
from tests.alignment.cells import PARAMS, START, execution, instruction, make_workspace, response

MADE, METRICS, CURVE = Path("made"), Path("metrics.json"), Path("curve.csv")


@pytest.fixture
def workspace(here: Path) -> Path:
    make_workspace(here, n_pairs=0)
    return here


def run(verdict: str = "passed", made: Path = MADE) -> dict[str, Any]:
    answers = [response(i, k, f"def add(a):\n    return {k}") for i in range(3) for k in range(3)]
    write_table(Path("instructions.parquet"), [instruction(i) for i in range(3)], Instruction)
    write_table(Path("responses.parquet"), answers, Response)
    executions = [execution(answer, verdict) for answer in answers]
    write_table(Path("executions.parquet"), executions, Execution)
    write_table(Path("contamination.parquet"), [], Hit)
    names = ("instructions", "responses", "executions", "contamination")
    tables = [Path(f"{name}.parquet") for name in names]
    main(START, *tables, made, METRICS, CURVE)
    return dict(read_json(METRICS))


def set_mode(mode: str) -> None:
    YAML().dump({**PARAMS, "finetune": {**PARAMS["finetune"], "mode": mode}}, Path("params.yaml"))


@pytest.mark.parametrize("mode", ["lora", "full"])
@pytest.mark.usefixtures("workspace")
def test_the_new_start_is_whole_and_has_other_weights(mode: str) -> None:
    set_mode(mode)
    found = run()
    made = read_start(MADE).manifest
    assert (made.kind, made.template, made.start) == ("finetuned", "chat", "finetuned")
    assert made.parent_digest == read_manifest(START).digest != made.digest
    assert found["trained"] is True and found["start_digest"] == made.digest
    model = AutoModelForCausalLM.from_pretrained(MADE, local_files_only=True)
    assert model.dtype == torch.float32
    assert AutoTokenizer.from_pretrained(MADE, local_files_only=True).chat_template
    assert made.parameters == read_manifest(START).parameters


@pytest.mark.usefixtures("workspace")
def test_at_most_so_many_responses_of_an_instruction_are_taken_and_the_rest_counted() -> None:
    found = run()
    assert found["n_responses"] == 6  # 3 instructions by 2
    assert found["responses_dropped"] == {"same_program": 0, "over_limit": 3, "held_out": 0}


@pytest.mark.usefixtures("workspace")
def test_the_same_inputs_give_the_same_bytes() -> None:
    run()
    run(made=Path("again"))
    for path in MADE.iterdir():
        assert path.read_bytes() == (Path("again") / path.name).read_bytes(), path.name
    assert str(Path.cwd()) not in (MADE / "config.json").read_text()


@pytest.mark.usefixtures("workspace")
def test_without_a_passing_response_only_the_template_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = run("failed")
    assert found["trained"] is False and found["responses"]["failed"] == 9
    assert "no passing response to train on" in caplog.text
    made, base = read_manifest(MADE), read_manifest(START)
    assert made.template == "chat" and made.files == base.files
    assert json.loads((MADE / "config.json").read_text())["dtype"] == "float32"
    assert load_file(MADE / "model.safetensors").keys()
