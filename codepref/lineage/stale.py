"""Say where the workspace no longer matches what dvc.lock recorded."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codepref.lineage.hashes import Workspace
from codepref.lineage.lock import Artifact, Entry, Lock
from codepref.lineage.pipeline import Stage
from codepref.records import Json

ABSENT = object()


def stale_reasons(
    entry: Entry,
    lock: Lock,
    stages: Mapping[str, Stage],
    params: Mapping[str, Any],
    workspace: Workspace,
) -> list[str]:
    """Give every reason why an entry's outputs are not those of the workspace; none: they are.

    A file that is not here is no reason: `dvc pull` brings the recorded one.
    """
    stage = stages.get(entry.stage)
    if stage is None:
        return [f"{entry.stage} is in dvc.lock, no longer in dvc.yaml and params.yaml"]
    return [
        *_definition(entry, stage),
        *_params(entry, params),
        *_inputs(entry, lock, workspace),
        *_files(entry.outs, workspace),
    ]


def _definition(entry: Entry, stage: Stage) -> Iterator[str]:
    if entry.cmd.split() != stage.cmd.split():
        yield "the command was another one"
    for what, recorded, declared in (
        ("input", {dep.path for dep in entry.deps}, set(stage.deps)),
        ("param", set(entry.params), set(stage.params)),
        ("output", {out.path for out in entry.outs}, set(stage.outs)),
    ):
        for name in sorted(declared - recorded):
            yield f"{what} {name} was not declared when it ran"
        for name in sorted(recorded - declared):
            yield f"{what} {name} is no longer declared"


def _params(entry: Entry, params: Mapping[str, Any]) -> Iterator[str]:
    for name, recorded in sorted(entry.params.items()):
        yield from _changes(name, recorded, _look_up(params, name))


def _changes(name: str, recorded: Json, present: Any) -> Iterator[str]:
    """Name the leaves that differ; a number is the same whether written 1 or 1.0, as for DVC."""
    if isinstance(recorded, Mapping) and isinstance(present, Mapping):
        for key in sorted({*recorded, *present}):
            yield from _changes(f"{name}.{key}", recorded.get(key), present.get(key, ABSENT))
    elif recorded != present:
        now = "is no longer there" if present is ABSENT else f"is now {json.dumps(present)}"
        yield f"param {name} was {json.dumps(recorded)}, {now}"


def _look_up(params: Mapping[str, Any], dotted: str) -> Any:
    value: Any = params
    for key in dotted.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return ABSENT
        value = value[key]
    return value


def _inputs(entry: Entry, lock: Lock, workspace: Workspace) -> Iterator[str]:
    for dep in entry.deps:
        made = {
            out.path: (out.md5, name)
            for name in lock.producers(dep.path)
            for out in lock.entries[name].outs
        }
        if dep.path in made and made[dep.path][0] != dep.md5:
            md5, name = made[dep.path]
            yield f"input {dep.path} was {dep.md5}, {name} has since made {md5}"
        elif dep.path in made or all(workspace.md5(path) for path in made if _inside(path, dep)):
            yield from _files([dep], workspace)


def _inside(path: str, folder: Artifact) -> bool:
    return path.startswith(f"{folder.path}/")


def _files(artifacts: list[Artifact], workspace: Workspace) -> Iterator[str]:
    for item in artifacts:
        present = workspace.md5(item.path)
        if present is not None and present != item.md5:
            yield f"{item.path} was {item.md5}, the workspace has {present}"
