"""Stage gather_seeds on files."""

import json
from pathlib import Path

import pytest

from codepref.benchmarks.rows import Task
from codepref.errors import ConfigError, DataError
from codepref.seeds.rows import RejectedSeed, Seed
from codepref.tables import read_table, write_table
from stages import gather_seeds as stage
from tests.contamination.bounds import CONFIG as BOUNDS
from tests.seeds.seed_config import CONFIG

SOURCE = 'def f(x):\n    """Give x."""\n    return x\n\n\ndef g(x):\n    return x\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "bench" / "humaneval.parquet", [], Task)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(SOURCE)
    write_params(tmp_path, {})
    return tmp_path


def write_params(root: Path, changes: dict[str, object]) -> None:
    section = CONFIG.model_dump(mode="json") | changes
    params = {
        "grid": {"searched": ["humaneval"]},
        "gather_seeds": section,
        "check_contamination": BOUNDS.model_dump(mode="json"),
    }
    (root / "params.yaml").write_text(json.dumps(params))  # JSON is YAML 1.2


def run(root: Path) -> None:
    stage.main(
        benchmarks=root / "bench",
        seeds=root / "seeds.parquet",
        rejects=root / "rejects.parquet",
        metrics=root / "metrics.json",
    )


def test_seeds_rejects_and_counts_are_written_with_the_same_bytes_again(root: Path) -> None:
    run(root)
    first = [(root / name).read_bytes() for name in ("seeds.parquet", "rejects.parquet")]
    run(root)
    assert first == [(root / name).read_bytes() for name in ("seeds.parquet", "rejects.parquet")]
    assert [seed.name for seed in read_table(root / "seeds.parquet", Seed)] == ["f"]
    rejects = read_table(root / "rejects.parquet", RejectedSeed)
    assert [(reject.name, reject.rule) for reject in rejects] == [("g", "no_docstring")]
    assert json.loads((root / "metrics.json").read_text())["rejected"]["no_docstring"] == 1


def test_a_torn_benchmark_table_is_named(root: Path) -> None:
    path = root / "bench" / "humaneval.parquet"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"humaneval\.parquet: not a whole Parquet file"):
        run(root)


def test_a_mistyped_parameter_is_named(root: Path) -> None:
    write_params(root, {"max_line": 3})
    with pytest.raises(ConfigError, match="max_line: Extra inputs are not permitted"):
        run(root)
