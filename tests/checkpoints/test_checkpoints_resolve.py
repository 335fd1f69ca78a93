import zipfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from codepref.checkpoints.config import FetchCheckpointsConfig
from codepref.checkpoints.manifest import Manifest, read_start, write_manifest
from codepref.checkpoints.resolve import resolve_checkpoint
from codepref.config import load_section
from codepref.errors import ConfigError, MissingError
from codepref.files import sha256_file
from tests.tiny_gguf import make_tiny_gguf
from tests.tiny_model import make_tiny_model

LOCAL = {"kind": "local", "folder": "weights", "licence": "MIT"}


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def _resolve(source: dict[str, Any], key: str = "tiny-pretrained") -> Manifest:
    value = {"source": source, "template": "plain"}
    config = TypeAdapter(FetchCheckpointsConfig).validate_python(value)
    manifest = resolve_checkpoint(key, config, Path("start"), Path("wheels"))
    write_manifest(Path("start"), manifest)
    return manifest


def test_a_local_folder_is_recorded_and_not_copied(tmp_path: Path) -> None:
    weights = make_tiny_model(tmp_path / "weights")
    manifest = _resolve(LOCAL)
    assert (manifest.model, manifest.start, manifest.kind) == ("tiny", "pretrained", "local")
    assert manifest.source == "weights"
    assert manifest.files["model.safetensors"] == sha256_file(weights / "model.safetensors")
    assert [path.name for path in Path("start").iterdir()] == ["manifest.json"]
    assert read_start(Path("start")).weights == weights


def test_a_gguf_file_in_a_wheel_is_converted_into_the_start(tmp_path: Path) -> None:
    gguf = make_tiny_gguf(make_tiny_model(tmp_path / "weights"), tmp_path / "tiny.gguf")
    wheel = tmp_path / "wheels" / "tiny_weights-0.1-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(gguf, "tiny_weights/tiny.gguf")
    manifest = _resolve(
        {
            "kind": "wheel",
            "wheel": "tiny-weights",
            "version": "0.1",
            "sha256": sha256_file(wheel),
            "file": "tiny_weights/tiny.gguf",
            "eos_token": "<|im_end|>",
            "licence": "MIT",
        }
    )
    assert manifest.source == "tiny-weights 0.1: tiny_weights/tiny.gguf"
    assert read_start(Path("start")).weights == Path("start")
    assert {"model.safetensors", "chat_template.jinja"} < manifest.files.keys()


def test_a_model_name_may_hold_hyphens(tmp_path: Path) -> None:
    make_tiny_model(tmp_path / "weights")
    manifest = _resolve(LOCAL, key="qwen-2.5-finetuned")
    assert (manifest.model, manifest.start) == ("qwen-2.5", "finetuned")


def test_a_key_without_a_start_is_refused() -> None:
    with pytest.raises(ConfigError, match="<model>-<start>"):
        _resolve(LOCAL, key="tiny")


def test_an_absent_local_folder_is_named() -> None:
    with pytest.raises(MissingError, match="weights: no such folder"):
        _resolve(LOCAL)


def test_an_unknown_kind_of_source_lists_the_known_ones(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("c: {template: plain, source: {kind: ftp}}")
    with pytest.raises(ConfigError, match="'wheel', 'local', 'hub'"):
        load_section("c", FetchCheckpointsConfig, params)


def test_every_start_of_the_default_study_fits_the_schema() -> None:
    root = Path(__file__).parents[2]
    starts = load_section(
        "fetch_checkpoints", dict[str, FetchCheckpointsConfig], root / "params.yaml"
    )
    assert "smollm2-pretrained" in starts
