"""Follow a number, or any file of the study, back to where it came from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from codepref.config import load_params
from codepref.errors import DataError
from codepref.files import read_json
from codepref.grid import BASELINE
from codepref.lineage.hashes import Workspace
from codepref.lineage.lock import DVC_LOCK, Artifact, Entry, Lock
from codepref.lineage.pipeline import live_stages
from codepref.lineage.repository import first_commit_with
from codepref.lineage.stale import stale_reasons
from codepref.records import Json
from codepref.schema import Strict

ALIGN = ("align@", "align_off_policy@")


class Target(Strict):
    """What is traced: a file, and the keys that lead to a number in it."""

    path: str
    key: str | None


class Step(Strict):
    """One stage of the chain, and why its outputs are not the workspace's (none: they are)."""

    entry: Entry
    stale: list[str]


class Trace(Strict):
    """A number with all that it stands on, nearest stage first.

    Attributes:
        value: the number, None for a file.
        commit: first one whose dvc.lock has the file's md5; None if it is not committed.
    """

    target: Target
    value: JsonValue
    artifact: Artifact
    commit: str | None
    steps: list[Step]


def parse_target(text: str) -> Target:
    """Split "metrics/...json:a.b.c" into file and key; without a colon it is a file."""
    path, _, key = text.partition(":")
    return Target(path=Path(path).as_posix(), key=key or None)


def trace(target: Target, lock: Lock) -> Trace:
    """Follow a target back.

    Raises:
        DataError: no stage writes the file, it is not here, or it has no such key.
    """
    artifact, maker = _made(target.path, lock)
    value = find_value(read_json(Path(target.path)), target) if target.key else None
    params = load_params()
    stages, workspace = live_stages(params), Workspace()
    without = _other_adapters(target, lock)
    return Trace(
        target=target,
        value=value,
        artifact=artifact,
        commit=first_commit_with(artifact.md5, DVC_LOCK),
        steps=[
            Step(entry=entry, stale=stale_reasons(entry, lock, stages, params, workspace))
            for entry in lock.ancestors(maker, without)
        ],
    )


def variants_named(target: Target, lock: Lock) -> list[str]:
    """Name the variants in a target's key: "baseline", or adapters of the study.

    A name may have dots of its own, from the name of a model whose pairs were trained on.
    """
    known = {BASELINE, *_adapters(lock).values()}
    return sorted(name for name in known if f".{name}." in f".{target.key or ''}.")


def stages_for(group: str, found: Trace | None, lock: Lock) -> list[str]:
    """Name the cells of a group in a trace, or all live ones where nothing is traced.

    Raises:
        DataError: there is none.
    """
    names = [step.entry.stage for step in found.steps] if found else _live(lock)
    cells = [name for name in names if name.partition("@")[0] == group]
    if not cells:
        where = f"{found.target.path} does not stand on" if found else "dvc.lock has no"
        raise DataError(f"{where} {group}; `dvc repro` makes it, or trace another number")
    return cells


def _live(lock: Lock) -> list[str]:
    return [name for name in live_stages(load_params()) if name in lock.entries]


def find_value(numbers: Mapping[str, Json], target: Target) -> JsonValue:
    """Find the value at a dotted key; a key with dots of its own is found too.

    Raises:
        DataError: there is none; the message says how far the key leads and what is there.
    """
    value: Json = numbers
    parts, done = (target.key or "").split("."), 0
    while done < len(parts):
        ends = range(len(parts), done, -1)
        step = next((end for end in ends if _has(value, ".".join(parts[done:end]))), None)
        if step is None or not isinstance(value, Mapping):
            raise DataError(_no_key(target, parts[:done], value))
        value, done = value[".".join(parts[done:step])], step
    return value  # type: ignore[return-value]  # read from JSON, so of JSON's types


def _has(value: Json, key: str) -> bool:
    return isinstance(value, Mapping) and key in value


def _no_key(target: Target, found: Sequence[str], value: Json) -> str:
    has = ", ".join(sorted(value)) if isinstance(value, Mapping) else f"the value {value}"
    where = f"{target.path}:{'.'.join(found)}" if found else target.path
    return f"{target.path}: no key {target.key!r}; {where} has {has}"


def _made(path: str, lock: Lock) -> tuple[Artifact, str]:
    outs = {out.path: (out, name) for name, entry in lock.entries.items() for out in entry.outs}
    if path in outs:
        return outs[path]
    folder = Path(path).parent.as_posix()
    near = sorted(name for name in outs if name.startswith(f"{folder}/")) or sorted(outs)
    raise DataError(f"{path}: no stage in dvc.lock writes it; there are {', '.join(near)}")


def _other_adapters(target: Target, lock: Lock) -> list[str]:
    """Give the align cells that a number of named variants does not stand on."""
    named = variants_named(target, lock)
    if not named:
        return []
    return [stage for stage, variant in _adapters(lock).items() if variant not in named]


def _adapters(lock: Lock) -> dict[str, str]:
    """Give the variant that each align cell makes: the name of its adapter's folder."""
    return {
        name: Path(entry.flag("adapter")).name
        for name, entry in lock.entries.items()
        if name.startswith(ALIGN)
    }
