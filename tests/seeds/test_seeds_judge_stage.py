"""Stage judge_seeds on files, with a fake engine in place of a model's."""

import json
from pathlib import Path

import pytest

from codepref.sampling.engine import Request, SamplingParams
from codepref.seeds.rows import RejectedSeed, Seed
from codepref.tables import read_table, write_table
from stages import judge_seeds as stage
from tests.fake_engine import ENGINE, FakeEngines
from tests.seeds.judge_config import JUDGE, seed_named
from tests.tiny_start import make_tiny_start

GOOD, POOR = seed_named("good"), seed_named("poor")


def vote(request: Request, params: SamplingParams) -> str:
    """Yes to all but functions named poor..."""
    del params
    poor = request.prompt.rpartition("def ")[2].startswith("poor")
    return " No" if poor else " Yes"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_start(tmp_path_factory.mktemp("start"))


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    made = FakeEngines(vote)
    monkeypatch.setattr(stage, "LazyEngines", made)
    return made


@pytest.fixture
def root(tmp_path: Path, engines: FakeEngines, monkeypatch: pytest.MonkeyPatch) -> Path:
    del engines
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "seeds.parquet", [GOOD, POOR], Seed)
    labels = [
        {"code": seed_named(f"{kind}{i}").code, "fault": fault}
        for kind, fault in (("good", None), ("poor", "vague"))
        for i in range(2)
    ]
    shots = [
        {"code": seed_named(f"shot{i}").code, "verdict": "No", "reason": "odd."} for i in range(3)
    ]
    (tmp_path / "labels.yaml").write_text(json.dumps(labels))
    (tmp_path / "shots.yaml").write_text(json.dumps(shots))
    write_params(tmp_path, {})
    return tmp_path


def write_params(root: Path, changes: dict[str, object]) -> None:
    section = JUDGE.model_dump(mode="json") | changes
    (root / "params.yaml").write_text(
        json.dumps({"engine": ENGINE | {"max_model_len": 100_000}, "judge_seeds": section})
    )


def run(root: Path, start: Path) -> None:
    stage.main(
        seeds=root / "seeds.parquet",
        start=start,
        shots=root / "shots.yaml",
        labels=root / "labels.yaml",
        judged=root / "judged.parquet",
        rejects=root / "rejects.parquet",
        metrics=root / "metrics.json",
    )


def kept(root: Path) -> list[Seed]:
    return read_table(root / "judged.parquet", Seed)


def test_kept_and_rejected_seeds_and_the_judges_measure_are_written(
    root: Path, start: Path
) -> None:
    run(root, start)
    assert kept(root) == [GOOD]
    (reject,) = read_table(root / "rejects.parquet", RejectedSeed)
    assert (reject.name, reject.rule) == ("poor", "judged_poor")
    metrics = json.loads((root / "metrics.json").read_text())
    assert (metrics["enabled"], metrics["kept"], metrics["labels"]["auc"]) == (True, 1, 1.0)


def test_unchanged_seeds_are_not_judged_twice(
    root: Path, start: Path, engines: FakeEngines
) -> None:
    run(root, start)
    assert len(engines.asked) == (2 + 4) * 4  # seeds and labels, four votes each
    written = [(root / name).read_bytes() for name in ("judged.parquet", "rejects.parquet")]
    write_table(root / "seeds.parquet", [GOOD, POOR, seed_named("new")], Seed)
    run(root, start)
    assert len(engines.asked) == (2 + 4 + 1) * 4
    write_table(root / "seeds.parquet", [GOOD, POOR], Seed)
    run(root, start)
    assert len(engines.asked) == (2 + 4 + 1) * 4
    again = [(root / name).read_bytes() for name in ("judged.parquet", "rejects.parquet")]
    assert again == written


def test_without_a_judge_no_engine_starts_and_all_seeds_pass(
    root: Path, engines: FakeEngines
) -> None:
    write_params(root, {"enabled": False})
    run(root, root / "no such start")
    assert engines.opened == 0
    assert {seed.seed_id for seed in kept(root)} == {GOOD.seed_id, POOR.seed_id}
    assert read_table(root / "rejects.parquet", RejectedSeed) == []
    metrics = json.loads((root / "metrics.json").read_text())
    assert (metrics["enabled"], metrics["threshold"], metrics["labels"]) == (False, None, None)
    assert set(metrics["rejected"].values()) == {0}
