"""What a start is: where its weights are from, and the hash of every file."""

import json
import math
import struct
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from codepref.errors import DataError
from codepref.files import read_json, sha256_file, write_json
from codepref.ledger import Ledger
from codepref.records import digest
from codepref.schema import Strict, describe
from codepref.workspace import state_dir, workspace_root

MANIFEST = "manifest.json"
SUFFIXES = (".safetensors", ".json", ".jinja", ".model")
NAMES = ("merges.txt", "vocab.txt")

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
    found = digest_files(weights)
    wrong = sorted(name for name, sha in manifest.files.items() if found.get(name) != sha)
    if wrong:
        raise DataError(
            f"{weights}: {', '.join(wrong)} missing or changed since {folder / MANIFEST} was "
            "written; restore the files, or run `dvc repro --force fetch_checkpoints` to pin anew"
        )
    return Start(manifest=manifest, weights=weights)


def read_contents(weights: Path) -> Contents:
    """Hash the files of a checkpoint and count its parameters.

    Raises:
        DataError: there is no config.json, or no safetensors weights.
    """
    files = digest_files(weights)
    names = [name for name in files if name.endswith(".safetensors")]
    if "config.json" not in files or not names:
        raise DataError(
            f"{weights}: expected a checkpoint in hub layout with config.json and *.safetensors, "
            f"found {', '.join(files) or 'nothing'}"
        )
    parameters = sum(count_parameters(weights / name) for name in names)
    return Contents(files=files, parameters=parameters, digest=digest(files))


def digest_files(weights: Path) -> dict[str, str]:
    """SHA-256 of weights, config and tokenizer files, by name, in order of name.

    A file whose size and time of change are known is not read again.
    """
    paths = [path for path in sorted(weights.glob("*")) if _belongs(path)]
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
        return workspace_root() / manifest.source
    if manifest.kind == "hub":
        from codepref.checkpoints.hub import find_snapshot

        return find_snapshot(manifest.source, manifest.revision or "")
    return folder


def _belongs(path: Path) -> bool:
    if path.name == MANIFEST or path.name.startswith(".") or not path.is_file():
        return False
    return path.suffix in SUFFIXES or path.name in NAMES


def _stamp(path: Path) -> str:
    status = path.stat()
    return digest([str(path.resolve()), status.st_size, status.st_mtime_ns])
