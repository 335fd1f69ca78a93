"""A released set as the generator of an off-policy training, stage by stage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from ruamel.yaml import YAML

from codepref.config import load_params, load_section
from codepref.contamination.rows import Hit
from codepref.execution.rows import Execution
from codepref.files import read_json
from codepref.grid import Grid
from codepref.pairs.rows import Pair
from codepref.released.rows import ReleasedVerdict
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from tests.alignment.cells import FORWARD, LOOP
from tests.calling import call_stage
from tests.pipeline import ROOT
from tests.released.released_set import TEXTS, answer, row, write_set
from tests.tiny_start import make_tiny_start

CELL = {"model": "tiny", "start": "pretrained", "method": "dpo", "seed": 0, "generator": "sc2"}
VARIANT = "tiny-pretrained-dpo-0-on-sc2"


@pytest.fixture
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A workspace with a start, a set of right and wrong answers, and the study's own params."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    rows = []
    for number, (name, text) in enumerate(sorted(TEXTS.items())):
        rows.append(row(2 * number, text, answer(name)))
        rows.append(row(2 * number + 1, text, answer(name, "[x]"), **{"pass": name == "a"}))
    released = write_set(tmp_path / "released", rows)
    params = load_params(ROOT / "params.yaml")
    params["grid"] |= {
        "models": ["tiny"],
        "starts": ["pretrained"],
        "methods": ["dpo"],
        "generators": ["tiny-pretrained", "sc2"],
        "off_policy": {"on-sc2": CELL},
        "sft_models": [],
    }
    params["import_responses"] = {"sc2": released.model_dump()}
    params["write_instructions"] |= {"origins": ["released"]}
    params["execute_responses"] |= {"isolation": "none", "workers": 1}
    params["split"] |= {"held_out": 0.0}
    params["align"] |= {"forward": {**FORWARD, "mode": "lora"}, "shared": LOOP}
    YAML().dump(params, tmp_path / "params.yaml")
    make_tiny_start(tmp_path / "models/starts/tiny-pretrained")
    return params


@pytest.mark.usefixtures("_one_thread")
def test_a_released_set_becomes_pairs_that_another_start_is_trained_on(
    params: dict[str, Any],
) -> None:
    """Four instructions with a right and a wrong answer each; the set calls one wrong one right."""
    assert load_section("grid", Grid).off_policy["on-sc2"].generator == "sc2"
    call_stage("write_instructions", params)
    instructions = read_table(Path("data/instructions.parquet"), Instruction)
    assert {item.text for item in instructions} == set(TEXTS.values())

    call_stage("import_responses", params, key="sc2")
    call_stage("execute_responses", params, key="sc2")
    responses = read_table(Path("data/responses/sc2.parquet"), Response)
    executions = read_table(Path("data/executions/sc2.parquet"), Execution)
    verdicts = {row.response_id: row.verdict for row in executions}
    right = {row.response_id for row in responses if "return x\n" in row.solution}
    assert {name for name, verdict in verdicts.items() if verdict == "passed"} == right
    said = read_table(Path("data/released/sc2.parquet"), ReleasedVerdict)
    assert len({row.response_id for row in said if row.passed} - right) == 1

    write_table(Path("data/contamination/sc2.parquet"), [], Hit)
    call_stage("build_pairs", params, key="sc2")
    pairs = read_table(Path("data/pairs/sc2.parquet"), Pair)
    assert len(pairs) == len(TEXTS)
    assert {pair.chosen_response_id for pair in pairs} == right

    call_stage("score_reference_off_policy", params, key="on-sc2", item=CELL)
    assert read_json(Path("metrics/score_reference/on-sc2.json"))["n_on_policy"] == 0
    call_stage("align_off_policy", params, key="on-sc2", item=CELL)
    found = read_json(Path(f"metrics/align/{VARIANT}.json"))
    assert (found["n_pairs"], found["n_on_policy"]) == (len(TEXTS), 0)
    assert Path("models/adapters/tiny-pretrained/dpo-0-on-sc2/adapter_config.json").is_file()
