"""Stage build_pairs on files."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.contamination.rows import Hit, Kind
from codepref.errors import DataError
from codepref.execution.rows import Agreement, Execution
from codepref.files import read_json
from codepref.pairs.eligibility import Executed
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table, write_table
from stages.build_pairs import main
from tests.alignment.cells import execution, instruction, response
from tests.contamination.hits import HIT
from tests.pairs.executed_items import ELIGIBILITY, config, executed

OUTPUTS = ("pairs.parquet", "labels.parquet", "metrics.json")


def number(item: Executed) -> int:
    return int(item.instruction_id.removeprefix("instruction"))


def run_stage_on(
    items: list[Executed],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    hits: Sequence[Hit] = (),
    **changes: object,
) -> None:
    monkeypatch.chdir(folder)
    sections = {
        "build_pairs": config(**changes).model_dump(),
        "eligibility": ELIGIBILITY.model_dump(),
        "split": {"held_out": 0.5, "seed": 0},
    }
    YAML().dump(sections, Path("params.yaml"))
    answers = [response(number(item), item.sample_index, item.solution) for item in items]
    ran = [execution(a, item.verdict) for a, item in zip(answers, items, strict=True)]
    write_table(Path("responses.parquet"), answers, Response)
    write_table(Path("executions.parquet"), ran, Execution)
    write_table(Path("contamination.parquet"), hits, Hit)
    write_table(Path("agreements.parquet"), [], Agreement)
    asked = sorted({number(item) for item in items})
    write_table(Path("instructions.parquet"), [instruction(i) for i in asked], Instruction)
    names = ("instructions", "responses", "executions", "agreements", "contamination")
    main(*(Path(f"{name}.parquet") for name in names), *map(Path, OUTPUTS))


def test_the_stage_writes_the_same_bytes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = executed(1, "passed", "failed") + executed(2, "failed", "passed")
    run_stage_on(items, tmp_path, monkeypatch)
    first = [Path(name).read_bytes() for name in OUTPUTS]
    run_stage_on(items[::-1], tmp_path, monkeypatch)
    assert [Path(name).read_bytes() for name in OUTPUTS] == first


def hit(kind: Kind, row_id: str, *, instruction_id: str | None, removes: bool) -> Hit:
    return HIT.model_copy(
        update={
            "hit_id": f"{kind} {row_id}",
            "kind": kind,
            "row_id": row_id,
            "instruction_id": instruction_id,
            "removes": removes,
        }
    )


def test_what_meets_a_benchmark_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instruction 0 by its seed, one response of 1 by itself; 2 meets below the bound."""
    items = [item for i in range(4) for item in executed(i, "passed", "failed")]
    hits = [
        hit("seed", "seed0", instruction_id="instruction0", removes=True),
        hit("response", "response1.1", instruction_id="instruction1", removes=True),
        hit("instruction", "instruction2", instruction_id="instruction2", removes=False),
        hit("seed", "seed9", instruction_id=None, removes=True),
    ]
    run_stage_on(items, tmp_path, monkeypatch, hits)
    pairs = read_table(Path("pairs.parquet"), Pair)
    assert {pair.instruction_id for pair in pairs} == {"instruction2", "instruction3"}
    labelled = read_table(Path("labels.parquet"), LabelledResponse)
    assert "response1.0" in {row.response_id for row in labelled}
    assert len(labelled) == 5
    assert read_json(Path("metrics.json"))["responses"]["contaminated"] == 3


def test_no_pairs_is_an_empty_table_and_a_clear_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_stage_on(executed(1, "failed", "failed"), tmp_path, monkeypatch)
    assert read_table(Path("pairs.parquet"), Pair) == []
    assert len(read_table(Path("labels.parquet"), LabelledResponse)) == 2
    assert read_json(Path("metrics.json"))["n_pairs"] == 0
    assert "0 pairs" in caplog.text and "no_passing" in caplog.text


def test_a_repeat_of_another_instruction_gives_neither_pair_nor_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The passing answers of both are one text."""
    items = [item for i in (1, 2) for item in executed(i, "passed", "failed")]
    same = {"jaccard": 0.7, "instruction": False, "chosen": True, "program": False}
    run_stage_on(items, tmp_path, monkeypatch, near_duplicates=same)
    (pair,) = read_table(Path("pairs.parquet"), Pair)
    labelled = read_table(Path("labels.parquet"), LabelledResponse)
    assert {row.instruction_id for row in labelled} == {pair.instruction_id}
    assert len(labelled) == 2
    counted = read_json(Path("metrics.json"))
    assert counted["pairs_dropped"]["near_duplicate_chosen"] == 1
    assert counted["labels_dropped"] == {"near_duplicate": 2}


def test_an_answered_instruction_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_stage_on(executed(1, "passed", "failed"), tmp_path, monkeypatch)
    write_table(Path("instructions.parquet"), [], Instruction)
    names = ("instructions", "responses", "executions", "agreements", "contamination")
    told = r"instructions\.parquet: 1 instructions are answered and not there, first instruction1"
    for name in OUTPUTS:
        Path(name).unlink()
    with pytest.raises(DataError, match=told):
        main(*(Path(f"{name}.parquet") for name in names), *map(Path, OUTPUTS))
    assert not any(Path(name).exists() for name in OUTPUTS)


def test_no_responses_at_all_is_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_stage_on([], tmp_path, monkeypatch)
    assert read_json(Path("metrics.json"))["chosen_tokens"] is None
