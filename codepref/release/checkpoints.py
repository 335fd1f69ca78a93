"""Which checkpoint a digest in the pairs is, by the metrics of the stages that made the starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from codepref.files import read_json
from codepref.lineage.lock import Entry, Lock
from codepref.release.rows import Checkpoint

UNKNOWN = "-"


def checkpoints(lock: Lock, metrics: Path, n_pairs: Mapping[str, int]) -> list[Checkpoint]:
    """Name each generator digest of a table of pairs, in order of digest.

    A digest that no start of the study has, such as one of imported answers, has no name.

    Args:
        lock: names the starts.
        metrics: folder of the metrics.
        n_pairs: pairs by digest of the generator.

    Raises:
        DataError: the metrics of a start are missing.
    """
    known = {found.digest: found for found in _starts(lock, metrics)}
    return [
        known.get(digest, _unknown(digest)).model_copy(update={"n_pairs": count})
        for digest, count in sorted(n_pairs.items())
    ]


def _starts(lock: Lock, metrics: Path) -> Iterator[Checkpoint]:
    fetched: dict[str, Checkpoint] = {}
    for name, entry in lock.entries.items():
        group, _, key = name.partition("@")
        if group == "fetch_checkpoints":
            path = metrics / group / f"{key}.json"
            fetched[key] = _fetched(key, entry, read_json(path))
    yield from fetched.values()
    parents = {found.digest: found for found in fetched.values()}
    for name in lock.entries:
        group, _, model = name.partition("@")
        if group == "finetune":
            numbers = read_json(metrics / group / f"{model}.json")
            parent = parents.get(str(numbers.get("parent_digest")), _unknown(""))
            yield _finetuned(f"{model}-finetuned", str(numbers.get("start_digest")), parent)


def _fetched(key: str, entry: Entry, numbers: Mapping[str, object]) -> Checkpoint:
    params = entry.params.get(f"fetch_checkpoints.{key}")
    source = params.get("source") if isinstance(params, dict) else None
    pinned = source if isinstance(source, dict) else {}
    sha256 = pinned.get("sha256")
    revision = pinned.get("revision") or (f"sha256 {sha256}" if sha256 else UNKNOWN)
    return Checkpoint(
        digest=str(numbers.get("digest")),
        name=key,
        source=str(numbers.get("source", UNKNOWN)),
        revision=str(revision),
        licence=str(numbers.get("licence", "unknown")),
        n_pairs=0,
    )


def _finetuned(name: str, digest: str, parent: Checkpoint) -> Checkpoint:
    source = f"SFT of {parent.name or 'a start that the study does not know'}"
    return parent.model_copy(update={"digest": digest, "name": name, "source": source})


def _unknown(digest: str) -> Checkpoint:
    return Checkpoint(
        digest=digest, name="", source=UNKNOWN, revision=UNKNOWN, licence="unknown", n_pairs=0
    )
