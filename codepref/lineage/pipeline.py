"""The stages that dvc.yaml has now, its lists resolved from params.yaml, without starting DVC."""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from codepref.errors import ConfigError
from codepref.lineage.fastyaml import read_yaml
from codepref.schema import Strict

DVC_YAML = Path("dvc.yaml")
REFERENCE = re.compile(r"\$\{([^}]+)\}")


class Stage(Strict):
    """One stage as `dvc repro` would run it. Paths and names of params are in dvc.yaml's order."""

    name: str
    cmd: str
    deps: list[str]
    params: list[str]
    outs: list[str]


def live_stages(params: Mapping[str, Any], path: Path = DVC_YAML) -> dict[str, Stage]:
    """Give every stage by name, matrix and foreach cells included.

    Raises:
        ConfigError: a reference of dvc.yaml is not in params.yaml.
    """
    stages: dict[str, Stage] = {}
    for group, body in read_yaml(path)["stages"].items():
        for suffix, scope in _cells(body, params):
            name = f"{group}@{suffix}" if suffix else group
            stages[name] = _stage(name, body.get("do", body), {**params, **scope})
    return stages


def _cells(body: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "matrix" in body:
        axes = {axis: _values(values, params) for axis, values in body["matrix"].items()}
        for combination in itertools.product(*axes.values()):
            key = "-".join(map(str, combination))
            yield key, {"item": dict(zip(axes, combination, strict=True)), "key": key}
    elif "foreach" in body:
        rows = _values(body["foreach"], params)
        pairs = rows.items() if isinstance(rows, Mapping) else [(str(row), row) for row in rows]
        for key, item in pairs:
            yield key, {"item": item, "key": key}
    else:
        yield "", {}


def _values(value: Any, params: Mapping[str, Any]) -> Any:
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return _look_up(found.group(1), params) if found else value


def _stage(name: str, body: Mapping[str, Any], scope: Mapping[str, Any]) -> Stage:
    paths = {
        field: [_fill(_name(item), scope) for item in body.get(field, [])]
        for field in ("deps", "params", "outs", "metrics", "plots")
    }
    return Stage(
        name=name,
        cmd=_fill(body["cmd"], scope),
        deps=paths["deps"],
        params=paths["params"],
        outs=[*paths["outs"], *paths["metrics"], *paths["plots"]],
    )


def _name(item: Any) -> str:
    return str(item if isinstance(item, str) else next(iter(item)))


def _fill(text: str, scope: Mapping[str, Any]) -> str:
    return REFERENCE.sub(lambda found: str(_look_up(found.group(1), scope)), text)


def _look_up(dotted: str, scope: Mapping[str, Any]) -> Any:
    value: Any = scope
    for key in dotted.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise ConfigError(f"dvc.yaml: ${{{dotted}}} is not in params.yaml: no {key!r}")
        value = value[key]
    return value
