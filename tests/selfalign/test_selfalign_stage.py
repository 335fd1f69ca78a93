"""Stage write_instructions on files, with a fake engine in place of a model's."""

import json
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.errors import ConfigError, DataError
from codepref.sampling.engine import Request, SamplingParams
from codepref.seeds.rows import Seed
from codepref.selfalign.funnel import REASONS
from codepref.selfalign.rows import Instruction, RejectedInstruction
from codepref.tables import read_table, write_table
from stages import write_instructions as stage
from tests.fake_engine import ENGINE, FakeEngines
from tests.selfalign.selfalign_config import CONFIG, SHOTS, seed_named
from tests.tiny_start import make_tiny_start

PROBLEM = {
    "prompt": "Write f.",
    "tests": ["assert f(1) == 1"],
    "reference": "def f(x):\n  return x",
}


def answer(request: Request, params: SamplingParams) -> str:
    concepts = params.stop == ["\n"]
    return " sorting, lists\n" if concepts else f" Return {request.key} to whoever asks."


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_start(tmp_path_factory.mktemp("start"))


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    made = FakeEngines(answer)
    monkeypatch.setattr(stage, "LazyEngines", made)
    return made


@pytest.fixture
def root(tmp_path: Path, engines: FakeEngines, monkeypatch: pytest.MonkeyPatch) -> Path:
    del engines
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "seeds.parquet", [seed_named("a"), seed_named("b")], Seed)
    (tmp_path / "problems.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    shots = [shot.model_dump() for shot in SHOTS]
    (tmp_path / "shots.yaml").write_text(json.dumps(shots))
    write_params(tmp_path, {})
    return tmp_path


def write_params(root: Path, changes: dict[str, object]) -> None:
    section = CONFIG.model_dump(mode="json", by_alias=True) | changes
    params = {"engine": ENGINE, "write_instructions": section, "import_responses": {}}
    (root / "params.yaml").write_text(json.dumps(params))


def run(root: Path, start: Path) -> SimpleNamespace:
    stage.main(
        seeds=root / "seeds.parquet",
        start=start,
        fewshots=root / "shots.yaml",
        problems=root / "problems.jsonl",
        instructions=root / "instructions.parquet",
        rejects=root / "rejects.parquet",
        metrics=root / "metrics.json",
    )
    return SimpleNamespace(
        rows=read_table(root / "instructions.parquet", Instruction),
        rejects=read_table(root / "rejects.parquet", RejectedInstruction),
        metrics=json.loads((root / "metrics.json").read_text()),
    )


def test_both_origins_are_written_and_counted(root: Path, start: Path) -> None:
    result = run(root, start)
    assert sorted(row.origin for row in result.rows) == ["generated", "generated", "problems"]
    assert result.metrics["origins"] == {"generated": 2, "problems": 1, "released": 0}
    assert result.metrics["steps"] == {
        "seeds": 2,
        "concepts": 2,
        "texts": 2,
        "problems": 1,
        "released": 0,
    }
    assert {step: set(counts) for step, counts in result.metrics["rejected"].items()} == {
        step: set(reasons) for step, reasons in REASONS.items()
    }


def test_a_second_run_samples_nothing_and_writes_the_same_bytes(
    root: Path, start: Path, engines: FakeEngines
) -> None:
    run(root, start)
    first = (root / "instructions.parquet").read_bytes()
    assert len(engines.asked) == 4
    run(root, start)
    assert len(engines.asked) == 4
    assert (root / "instructions.parquet").read_bytes() == first


def test_problems_alone_need_neither_seeds_nor_a_model(root: Path) -> None:
    write_params(root, {"origins": ["problems"]})
    (root / "seeds.parquet").unlink()
    result = run(root, root / "no-start")
    assert [row.text for row in result.rows] == ["Write f."]


def test_more_problems_come_from_a_data_set(root: Path) -> None:
    (root / "more").mkdir()
    row = {"prompt": "Write g.", "tests": ["assert g(1)"], "reference": "def g(x):\n  return x"}
    pq.write_table(pa.Table.from_pylist([row]), root / "more" / "part.parquet")
    more = {"repo": str(root / "more"), "revision": None, "split": "train", "licence": "CC-BY-4.0"}
    write_params(root, {"origins": ["problems"], "problems_dataset": more})
    result = run(root, root)
    assert {(row.text, row.source, row.licence) for row in result.rows} == {
        ("Write f.", "starter 1", "MIT"),
        ("Write g.", "folder more", "CC-BY-4.0"),
    }


def test_released_instructions_need_a_set_that_they_are_from(root: Path) -> None:
    write_params(root, {"origins": ["problems", "released"]})
    with pytest.raises(ConfigError, match="origins has `released` and section import_responses is"):
        run(root, root)


def test_no_instruction_at_all_ends_with_the_funnel(root: Path) -> None:
    (root / "problems.jsonl").write_text(json.dumps({"prompt": "Write f.", "tests": []}) + "\n")
    write_params(root, {"origins": ["problems"]})
    with pytest.raises(DataError, match=r"problems 1, released 0; turned away: problem no_tests 1"):
        run(root, root)
    assert not (root / "instructions.parquet").exists()


def test_a_seed_table_without_a_column_is_named(root: Path, start: Path) -> None:
    table = pq.read_table(root / "seeds.parquet").drop_columns(["code"])
    pq.write_table(table, root / "seeds.parquet")
    with pytest.raises(DataError, match=r"seeds\.parquet: no column code"):
        run(root, start)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperatur": 1}, "temperatur: Extra inputs"),
        ({"mbpp_split": "tests"}, "mbpp_split: Input should be"),
        ({"categories": {"function": 0, "class": 0, "program": 0}}, "all weights are 0"),
    ],
)
def test_a_wrong_parameter_is_named(root: Path, changes: dict[str, object], message: str) -> None:
    write_params(root, changes)
    with pytest.raises(ConfigError, match=message):
        run(root, root)
