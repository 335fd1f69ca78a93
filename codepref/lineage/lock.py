"""dvc.lock as a graph: what each stage read and wrote, and which stages stand behind a file."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from codepref.errors import DataError
from codepref.lineage.fastyaml import read_yaml
from codepref.records import Json
from codepref.schema import Strict

DVC_LOCK = Path("dvc.lock")


class Artifact(Strict):
    """A file or folder at the moment a stage ran. A folder's md5 ends in ".dir"."""

    path: str
    md5: str


class Entry(Strict):
    """What dvc.lock says of one stage.

    Attributes:
        params: by dotted name, as the stage declares them; a section is a mapping.
    """

    stage: str
    cmd: str
    deps: list[Artifact]
    outs: list[Artifact]
    params: dict[str, JsonValue]

    def flag(self, name: str) -> str:
        """Give the path that the command was given as --<name>: paths are in dvc.yaml alone.

        Raises:
            DataError: the command has no such flag.
        """
        words = self.cmd.split()
        try:
            return words[words.index(f"--{name}") + 1]
        except (ValueError, IndexError) as error:
            raise DataError(f"dvc.lock: {self.stage}: no --{name} in {self.cmd!r}") from error


class Lock:
    """The entries of dvc.lock with their graph: an edge for each path that one wrote, another read.

    A dependency on a folder stands on every stage with an output inside it.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)
        self._known_parents: dict[str, set[str]] = {}

    def metrics_folder(self) -> Path:
        """Give the folder of all metrics, as the command of a scored start names it.

        Raises:
            DataError: no start was scored.
        """
        scored = next((name for name in self.entries if name.startswith("score_benchmark@")), None)
        if scored is None:
            raise DataError("dvc.lock: no start was scored yet; `dvc repro` scores them")
        return Path(self.entries[scored].flag("metrics")).parents[1]

    def entry(self, stage: str) -> Entry:
        """Give one entry.

        Raises:
            DataError: the stage has never run.
        """
        if stage not in self.entries:
            group = stage.partition("@")[0]
            known = [name for name in self.entries if name.partition("@")[0] == group]
            raise DataError(
                f"dvc.lock: no stage {stage}; it has {', '.join(known or self.entries)}; "
                "`dvc repro` makes what is missing"
            )
        return self.entries[stage]

    def producers(self, path: str) -> list[str]:
        """Name the stages that wrote the path, or something inside it, in dvc.lock's order."""
        return [
            name
            for name, entry in self.entries.items()
            if any(_overlap(out.path, path) for out in entry.outs)
        ]

    def ancestors(self, stage: str, without: Iterable[str] = ()) -> list[Entry]:
        """Give the stage's entry and all those behind it, nearest first.

        Args:
            stage: where to begin.
            without: stages to leave out, with what stands behind them alone.
        """
        found = {stage: self.entry(stage)}
        left_out = set(without)
        queue = [stage]
        while queue:
            fresh = self._parents(queue.pop(0)) - left_out - found.keys()
            found.update({name: self.entries[name] for name in self.entries if name in fresh})
            queue += sorted(fresh)
        return self._nearest_first(found)

    def _nearest_first(self, found: Mapping[str, Entry]) -> list[Entry]:
        """Order so that no entry precedes one that reads it; equals stay in order of discovery."""
        waiting = list(found)
        ordered: list[Entry] = []
        while waiting:
            read = set().union(*(self._parents(name) for name in waiting))
            name = next(name for name in waiting if name not in read)
            waiting.remove(name)
            ordered.append(found[name])
        return ordered

    def _parents(self, stage: str) -> set[str]:
        """Name the stages that wrote what a stage read."""
        if stage not in self._known_parents:
            paths = [dep.path for dep in self.entries[stage].deps]
            self._known_parents[stage] = {n for path in paths for n in self.producers(path)}
        return self._known_parents[stage]


def read_lock(path: Path = DVC_LOCK) -> Lock:
    """Read dvc.lock.

    Raises:
        DataError: it is absent, torn, or not a lock file.
    """
    stages = read_yaml(path).get("stages", {})
    try:
        return Lock({name: _entry(name, raw) for name, raw in stages.items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not a lock file of DVC ({error!r}); run `dvc repro`") from error


def flatten(params: Mapping[str, Json]) -> dict[str, str]:
    """Give one text per leaf by dotted name; a list is one leaf, an empty mapping too."""
    flat: dict[str, str] = {}
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            flat.update({f"{name}.{key}": text for key, text in flatten(value).items()})
        else:
            flat[name] = _text(value)
    return flat


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _overlap(out: str, dep: str) -> bool:
    return out == dep or out.startswith(f"{dep}/") or dep.startswith(f"{out}/")


def _entry(name: str, raw: Mapping[str, Any]) -> Entry:
    params: dict[str, JsonValue] = {}
    for section in raw.get("params", {}).values():
        params.update(section)
    return Entry(
        stage=name,
        cmd=" ".join(raw["cmd"].split()),
        deps=[_artifact(item) for item in raw.get("deps", [])],
        outs=[_artifact(item) for item in raw.get("outs", [])],
        params=params,
    )


def _artifact(raw: Mapping[str, Any]) -> Artifact:
    return Artifact(path=raw["path"], md5=raw["md5"])
