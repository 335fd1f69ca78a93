from pathlib import Path

import pytest

from codepref.benchmarks.variants import find_variants, policy_digest
from codepref.errors import DataError
from codepref.grid import Cell

CELLS = [
    Cell(method="dpo", seed=0),
    Cell(method="dpo", seed=1),
    Cell(method="dpo", seed=0, generator="m-finetuned"),
]
NAMES = ["dpo-0", "dpo-1", "dpo-0-on-m-finetuned"]


def put_adapter(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_text(content)
    return folder


def test_variants_are_the_baseline_and_every_training_of_the_start(tmp_path: Path) -> None:
    """An adapter that no cell names is not looked at."""
    for name in (*NAMES, "dpo-7"):
        put_adapter(tmp_path / name, name)
    baseline, *found = find_variants(CELLS, "start", tmp_path)
    assert (baseline.name, baseline.adapter) == ("baseline", None)
    assert [(variant.name, variant.adapter) for variant in found] == [
        (name, tmp_path / name) for name in NAMES
    ]
    assert len({variant.policy_digest for variant in (baseline, *found)}) == 4


def test_a_missing_adapter_is_named(tmp_path: Path) -> None:
    put_adapter(tmp_path / "dpo-0", "x")
    with pytest.raises(DataError, match=r"dpo-1: no adapter; `dvc repro align`"):
        find_variants(CELLS, "start", tmp_path)


def test_a_whole_checkpoint_has_the_digest_of_all_its_files(tmp_path: Path) -> None:
    folder = put_adapter(tmp_path / "full", "weights")
    first = policy_digest("start", folder)
    (folder / "config.json").write_text("{}")
    assert policy_digest("start", folder) != first


def test_the_digest_of_a_policy_depends_on_start_and_adapter(tmp_path: Path) -> None:
    first = put_adapter(tmp_path / "a", "x")
    same = put_adapter(tmp_path / "b", "x")
    other = put_adapter(tmp_path / "c", "y")
    assert policy_digest("start", None) == "start"
    assert policy_digest("start", first) == policy_digest("start", same)
    assert policy_digest("start", first) != policy_digest("start", other)
    assert policy_digest("start", first) != policy_digest("another", first)
