"""Read YAML 1.2 with libyaml, some thirty times as fast as the pure Python parser of DVC."""

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from codepref.errors import DataError


class _Yaml12(yaml.CSafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """libyaml with the core schema of YAML 1.2: `5e-05` is a float, `no` is a string."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


def _resolve(tag: str, pattern: str, first: str) -> None:
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


# Source: YAML 1.2.2, section 10.3.2, tag resolution of the core schema.
_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN\0")
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^[-+]?[0-9]+$", "-+0123456789")
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")
_resolve("float", r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+.")

# A leading zero is no octal in YAML 1.2.
_Yaml12.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node))
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one mapping.

    Raises:
        DataError: the file is absent, is not YAML, or is no mapping.
    """
    try:
        with path.open("rb") as stream:
            value = yaml.load(stream, Loader=_Yaml12)
    except FileNotFoundError as error:
        raise DataError(
            f"{path}: no such file; run from the root, and `dvc repro` first"
        ) from error
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}: expected a mapping, found {type(value).__name__}")
    return value
