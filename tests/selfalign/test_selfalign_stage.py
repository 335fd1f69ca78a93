"""Stage write_instructions on files, with a fake engine in place of a model's."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.checkpoints.manifest import Manifest, read_contents, write_manifest
from codepref.errors import ConfigError, DataError
from codepref.sampling.engine import Request, Sample, SamplingParams
from codepref.seeds.rows import Seed
from codepref.selfalign.funnel import REASONS
from codepref.selfalign.rows import Instruction, RejectedInstruction
from codepref.tables import read_table, write_table
from stages import write_instructions as stage
from tests.selfalign.selfalign_config import CONFIG, SHOTS, sample, seed_named
from tests.tiny_model import make_tiny_model

ENGINE = {
    "backend": "transformers",
    "device": "cpu",
    "dtype": "float32",
    "max_model_len": 4096,
    "max_batch": 4,
    "max_prefill_tokens": 4096,
    "eager": True,
    "cpu_cache_gib": 1,
    "gpu_memory": 0.5,
    "max_lora_rank": 8,
}
PROBLEM = {
    "prompt": "Write f.",
    "tests": ["assert f(1) == 1"],
    "reference": "def f(x):\n  return x",
}


class FakeEngines:
    """Stands for LazyEngines: answers every request, and counts how many it was sent."""

    backend = "transformers"
    dtype = "float32"
    name = "fake 1"
    sent = 0

    def __init__(self, config: object) -> None:
        self.config = config

    def __enter__(self) -> "FakeEngines":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, start: object) -> "FakeEngines":
        del start
        return self

    def load_adapter(self, adapter: Path | None) -> None:
        assert adapter is None

    def sample(
        self, requests: Sequence[Request], params: SamplingParams
    ) -> Iterator[tuple[str, Sample]]:
        for request in requests:
            FakeEngines.sent += 1
            concepts = params.stop == ["\n"]
            text = " sorting, lists\n" if concepts else f" Return {request.key} to whoever asks."
            yield request.key, sample(text)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_tiny_model(tmp_path_factory.mktemp("start"))
    contents = read_contents(folder)
    manifest = Manifest(
        **contents.model_dump(),
        model="tiny",
        start="pretrained",
        template="plain",
        kind="wheel",
        source="made here",
        revision=None,
        licence="Apache-2.0",
        parent_digest=None,
    )
    write_manifest(folder, manifest)
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage, "LazyEngines", FakeEngines)
    FakeEngines.sent = 0
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


def test_a_second_run_samples_nothing_and_writes_the_same_bytes(root: Path, start: Path) -> None:
    run(root, start)
    first = (root / "instructions.parquet").read_bytes()
    assert FakeEngines.sent == 4
    run(root, start)
    assert FakeEngines.sent == 4
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
