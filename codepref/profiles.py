"""Profiles of params.yaml: files under params/ that hold only what differs from it."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from codepref.config import PARAMS
from codepref.errors import ConfigError
from codepref.files import replacing
from codepref.lineage.repository import committed_text

FOLDER = Path("params")
MARK = "# Profile "
# Names are the study's own; of the wordings the first counts.
REPLACED = {"grid.off_policy", "fetch_checkpoints", "import_responses", "sample_benchmark.wordings"}
EXTENDED = {"fetch_benchmarks", "sample_benchmark.benchmarks"}  # a profile may add names
HEAD = re.compile(r"(?:#.*\n|\n)*")
SECTION = re.compile(r"\w+:")
EOL_COMMENT = 2  # place among the comments that ruamel.yaml keeps of a key


def write_profile(name: str, *, force: bool) -> None:
    """Write params.yaml anew: what it holds, with what the profile changes; comments stay.

    Args:
        name: of a file in params/, without its ending.
        force: also where params.yaml differs from the last commit, or is a profile already.

    Raises:
        ConfigError: there is no such profile, it has a key that params.yaml lacks, or changes of
            yours would be lost or mixed in.
    """
    base = _read_text(PARAMS)
    profile = FOLDER / f"{name}.yaml"
    if not profile.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yaml"))) or "none"
        raise ConfigError(f"no profile {name!r}: {FOLDER}/ has {known}")
    if not force:
        _refuse_edited(base)
    text = apply_profile(base, _read_text(profile), name)
    with replacing(PARAMS) as temporary:
        temporary.write_text(text, encoding="utf-8")


def apply_profile(base: str, profile: str, name: str) -> str:
    """Give the text of params.yaml with what a profile changes.

    A list or a scalar takes the place of the old one; a mapping changes the keys that it names.

    Args:
        base: text of params.yaml.
        profile: text of the profile.
        name: of the profile, for the head of the file and for messages.

    Raises:
        ConfigError: either is no YAML mapping, or the profile has a key that the base lacks, or
            something else where the base has a mapping.
    """
    params, changes = _load(base, str(PARAMS)), _load(profile, f"{FOLDER}/{name}.yaml")
    _merge(params, changes, "", name)
    written = StringIO()
    _yaml().dump(params, written)
    head, body = HEAD.match(profile), HEAD.sub("", written.getvalue(), count=1)
    mark = f"{MARK}{name}, written by `codepref profile {name}`.\n"
    return f"{mark}{head[0].rstrip() if head else ''}\n\n{_spaced(body)}"


def _spaced(body: str) -> str:
    """Put one blank line before each section and none elsewhere; values hold no line ends."""
    lines = [line.rstrip() for line in body.splitlines() if line.strip()]
    return "".join(f"\n{line}\n" if SECTION.match(line) else f"{line}\n" for line in lines).lstrip()


def _merge(params: CommentedMap, changes: CommentedMap, where: str, name: str) -> None:
    for key, value in changes.items():
        dotted = f"{where}{key}"
        if key not in params and where.rstrip(".") not in EXTENDED:
            raise ConfigError(
                f"{FOLDER}/{name}.yaml: {dotted}: no such key in {PARAMS}; it has "
                f"{', '.join(map(str, params))} there"
            )
        old = params.get(key)
        closed = isinstance(old, dict) and bool(old) and dotted not in REPLACED
        if closed and not isinstance(value, dict):
            raise ConfigError(
                f"{FOLDER}/{name}.yaml: {dotted}: expected a mapping, found {value!r}"
            )
        if closed:
            _merge(params[key], value, f"{dotted}.", name)
            if params[key].fa.flow_style():
                _take_comment(params, changes, key, keep=True)
        elif old != value:
            params[key] = value
            _take_comment(params, changes, key, keep=False)


def _take_comment(params: CommentedMap, changes: CommentedMap, key: str, *, keep: bool) -> None:
    """Put the profile's comment beside a value; without one, `keep` says if the old one stays."""
    token = changes.ca.items.get(key, [None] * 4)[EOL_COMMENT]
    comment = token.value.partition("\n")[0].lstrip("# ") if token is not None else ""
    if comment or not keep:
        params.ca.items.pop(key, None)
    if comment:
        params.yaml_add_eol_comment(comment, key, column=0)


def _refuse_edited(base: str) -> None:
    if base.startswith(MARK):
        found = base.partition(",")[0].removeprefix(MARK)
        raise ConfigError(
            f"{PARAMS} is profile {found} already; take the study's own back with "
            f"`git checkout REVISION -- {PARAMS}`, or give --force to change this one further"
        )
    if committed_text(PARAMS) != base.strip():
        raise ConfigError(
            f"{PARAMS} differs from the last commit; commit it, or give --force to change it"
        )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; run from the root of the repository") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8: {error}") from error


def _load(text: str, place: str) -> CommentedMap:
    try:
        loaded: Any = _yaml().load(text)
    except YAMLError as error:
        raise ConfigError(f"{place}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, CommentedMap):
        raise ConfigError(f"{place}: expected a mapping of sections")
    return loaded


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.representer.add_representer(type(None), _write_null)
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _write_null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")
