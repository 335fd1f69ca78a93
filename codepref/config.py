"""Read typed sections of params.yaml, with the YAML 1.2 parser that DVC uses."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codepref.errors import ConfigError
from codepref.schema import describe

PARAMS = Path("params.yaml")

SectionT = TypeVar("SectionT")


def load_params(path: Path = PARAMS) -> dict[str, Any]:
    """Read all of params.yaml.

    Raises:
        ConfigError: the file is absent, is not YAML, or is no mapping.
    """
    try:
        params = YAML(typ="safe").load(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; run from the root of the repository") from error
    except YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(params, dict):
        raise ConfigError(f"{path}: expected a mapping of sections, found {type(params).__name__}")
    return params


def load_section(name: str, schema: type[SectionT], path: Path = PARAMS) -> SectionT:
    """Read one section of params.yaml; a dotted name reads a sub-section.

    Raises:
        ConfigError: the section is absent, or a key is absent, unknown or out of range.
    """
    section: Any = load_params(path)
    for depth, key in enumerate(name.split(".")):
        if not isinstance(section, dict) or key not in section:
            where = ".".join(name.split(".")[:depth]) or "the file"
            known = sorted(section) if isinstance(section, dict) else section
            raise ConfigError(f"{path}: no section {name!r}; {where} has {known}")
        section = section[key]
    try:
        return TypeAdapter(schema).validate_python(section)
    except ValidationError as error:
        raise ConfigError(f"{path}: section {name!r}: {describe(error)}") from error
