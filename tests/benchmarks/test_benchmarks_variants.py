from pathlib import Path

import pytest

from codepref.benchmarks.variants import find_variants, policy_digest, variant_names
from codepref.errors import DataError
from codepref.grid import Grid

GRID = Grid(
    models=["m"],
    starts=["pretrained"],
    methods=["dpo", "rft"],
    seeds=[0, 1],
    benchmarks=["humaneval"],
    sft_models=[],
)


def put_adapter(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_text(content)
    return folder


def test_variants_are_the_baseline_and_every_method_and_seed_of_the_grid() -> None:
    assert variant_names(GRID) == ["baseline", "dpo-0", "dpo-1", "rft-0", "rft-1"]


def test_adapters_outside_the_grid_are_not_looked_at(tmp_path: Path) -> None:
    for name in ("dpo-0", "dpo-1", "rft-0", "rft-1", "dpo-7"):
        put_adapter(tmp_path / name, name)
    found = find_variants(GRID, "start", tmp_path)
    assert [variant.name for variant in found] == variant_names(GRID)
    assert len({variant.policy_digest for variant in found}) == 5


def test_a_missing_adapter_is_named(tmp_path: Path) -> None:
    put_adapter(tmp_path / "dpo-0", "x")
    with pytest.raises(DataError, match=r"dpo-1: no adapter; `dvc repro align`"):
        find_variants(GRID, "start", tmp_path)


def test_the_digest_of_a_policy_depends_on_start_and_adapter(tmp_path: Path) -> None:
    first = put_adapter(tmp_path / "a", "x")
    same = put_adapter(tmp_path / "b", "x")
    other = put_adapter(tmp_path / "c", "y")
    assert policy_digest("start", None) == "start"
    assert policy_digest("start", first) == policy_digest("start", same)
    assert policy_digest("start", first) != policy_digest("start", other)
    assert policy_digest("start", first) != policy_digest("another", first)
