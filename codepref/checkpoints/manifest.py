"""What a start is: where its weights are from, and the hash of every file."""

import json
import math
import struct
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from codepref.errors import DataError, MissingError
from codepref.files import read_json, sha256_file, write_json
from codepref.ledger import Ledger
from codepref.records import digest
from codepref.schema import Strict, describe
from codepref.workspace import state_dir, workspace_root

MANIFEST = "manifest.json"
SHARD_INDEX = "model.safetensors.index.json"
# What transformers reads of a checkpoint; other files of a folder or repository are not part of it.
PATTERNS = (
    "*.safetensors",
    SHARD_INDEX,
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.json",
    "chat_template.jinja",
)
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")

Kind = Literal["wheel", "hub", "local", "finetuned"]
Template = Literal["plain", "chat"]


class Contents(Strict):
    """The files of a checkpoint in hub layout.

    Attributes:
        files: name to sha256, of weights, config, generation config and tokenizer.
        parameters: numbers in the weights, a tied matrix counted once.
        digest: digest of `files`, the checkpoint's identity.
    """

    files: dict[str, str]
    parameters: int
    digest: str


class Manifest(Contents):
    """A pinned start.

    Attributes:
        model, start: the two halves of its key.
        template: how it is prompted.
        source: where the weights are from, on one line: a wheel and file, a repository, a folder.
        revision: commit of a hub repository.
        licence: SPDX id.
        parent_digest: digest of the start that this one was trained from.
    """

    model: str
    start: str
    template: Template
    kind: Kind
    source: str
    revision: str | None
    licence: str
    parent_digest: str | None


class Start(Strict):
    """A manifest, and the folder that transformers loads the weights and tokenizer from."""

    manifest: Manifest
    weights: Path


def read_manifest(folder: Path) -> Manifest:
    """Read manifest.json of a start's folder; the weights are not looked at.

    Raises:
        DataError: it is absent or breaks the schema.
    """
    path = folder / MANIFEST
    value = read_json(path)
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        raise DataError(f"{path}: not a manifest: {describe(error)}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json into a start's folder."""
    write_json(folder / MANIFEST, manifest.model_dump())


def read_start(folder: Path) -> Start:
    """Read a start and find its weights, checked against the manifest's hashes.

    Raises:
        DataError: the manifest is wrong, or a file is not the one it names.
        MissingError: the weights live elsewhere (hub, local folder) and are not there.
    """
    manifest = read_manifest(folder)
    weights = _locate(folder, manifest)
    differing = digest_files(weights).items() ^ manifest.files.items()
    if differing:
        names = sorted({name for name, _ in differing})
        raise DataError(
            f"{weights}: {', '.join(names)} came, went or changed since {folder / MANIFEST} was "
            "written; restore the files, or run `dvc repro --force fetch_checkpoints` to pin anew"
        )
    return Start(manifest=manifest, weights=weights)


def read_contents(weights: Path) -> Contents:
    """Hash the files of a checkpoint and count its parameters.

    Raises:
        DataError: there is no config.json or no safetensors weights, or a shard is absent.
    """
    absent = find_absent(weights)
    if absent:
        raise DataError(
            f"{weights}: expected a checkpoint in hub layout, and it has no {', '.join(absent)}"
        )
    files = digest_files(weights)
    names = [name for name in files if name.endswith(".safetensors")]
    parameters = sum(count_parameters(weights / name) for name in names)
    return Contents(files=files, parameters=parameters, digest=digest(files))


def find_absent(weights: Path) -> list[str]:
    """Name what a checkpoint in hub layout must have and this folder has not, shards included."""
    absent = [name for name in ("config.json",) if not (weights / name).is_file()]
    if not any((weights / name).is_file() for name in TOKENIZERS):
        absent.append(" or ".join(TOKENIZERS))
    index = weights / SHARD_INDEX
    if index.is_file():
        shards = sorted(set(_shards(index)))
        return absent + [name for name in shards if not (weights / name).is_file()]
    return absent if any(weights.glob("*.safetensors")) else [*absent, "*.safetensors"]


def digest_files(weights: Path) -> dict[str, str]:
    """SHA-256 of weights, config and tokenizer files, by name, in order of name.

    A file whose size and time of change are known is not read again.
    """
    paths = sorted({path for pattern in PATTERNS for path in weights.glob(pattern)})
    keys = {path: _stamp(path) for path in paths}
    ledger = Ledger(state_dir() / "hashes.sqlite")
    known = ledger.get(keys.values())
    found = {}
    for path, key in keys.items():
        value = known.get(key)
        if not isinstance(value, str):
            value = sha256_file(path)
            ledger.put(key, value)
        found[path.name] = value
    ledger.close()
    return found


def count_parameters(path: Path) -> int:
    """Count the numbers in a safetensors file by its header alone.

    Raises:
        DataError: the file is no safetensors file.
    """
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(length))
    except (struct.error, ValueError, MemoryError, OverflowError) as error:
        raise DataError(f"{path}: not a safetensors file: {error}") from error
    return sum(math.prod(t["shape"]) for name, t in header.items() if name != "__metadata__")


def _locate(folder: Path, manifest: Manifest) -> Path:
    if manifest.kind == "local":
        weights = workspace_root() / manifest.source
        if not weights.is_dir():
            raise MissingError(f"{weights}: no such folder; it held the weights of {folder}")
        return weights
    if manifest.kind == "hub":
        from codepref.checkpoints.hub import find_snapshot

        return find_snapshot(manifest.source, manifest.revision or "")
    return folder


def _shards(index: Path) -> list[str]:
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict):
        raise DataError(f"{index}: no weight_map; the file is no index of shards")
    return [str(name) for name in shards.values()]


def _stamp(path: Path) -> str:
    status = path.stat()
    return digest([str(path.resolve()), status.st_size, status.st_mtime_ns])
