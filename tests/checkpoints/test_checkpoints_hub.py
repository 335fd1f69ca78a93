from pathlib import Path

import pytest
from huggingface_hub import constants

from codepref.checkpoints.hub import HTTP_ERROR, find_snapshot
from codepref.errors import ConfigError, MissingError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = ("config.json", "tokenizer.json", "model.safetensors")


@pytest.fixture(autouse=True)
def _no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))


def _cache(folder: Path, *names: str) -> Path:
    snapshot = folder / "models--someone--tiny" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for name in names:
        (snapshot / name).write_text("{}")
    return snapshot


def test_a_cached_snapshot_needs_no_network(tmp_path: Path) -> None:
    snapshot = _cache(tmp_path, *FILES)
    assert find_snapshot("someone/tiny", COMMIT) == snapshot


@pytest.mark.parametrize("cached", [(), FILES[:2]])
def test_without_network_the_repository_and_the_way_around_are_named(
    tmp_path: Path, cached: tuple[str, ...]
) -> None:
    _cache(tmp_path, *cached)
    with pytest.raises(MissingError) as caught:
        find_snapshot("someone/tiny", COMMIT)
    for part in ("someone/tiny", COMMIT, "kind: local"):
        assert part in str(caught.value)


@pytest.mark.parametrize("revision", [None, "main", "v1.0", COMMIT[:12]])
def test_a_revision_that_can_move_is_refused(revision: str | None) -> None:
    with pytest.raises(ConfigError, match=r"40 hex digits.*someone/tiny/commits"):
        find_snapshot("someone/tiny", revision)


def test_errors_of_the_http_client_are_among_those_told_plainly() -> None:
    """The client's root class, not object or Exception: those would hide mistakes of ours."""
    assert HTTP_ERROR.__name__ == "HTTPError"
