"""Findings of ruff and bandit: each is started once for all programs."""

import json
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codepref.errors import MissingError
from codepref.records import Json

# Errors, bugs, naming, what could be simpler; not layout, which a formatter decides.
LINT_RULES = ("F", "E7", "E9", "B", "N", "C4", "SIM", "PLR", "PERF", "RET")
TIMEOUT_S = 600


UNREADABLE = (None, "invalid-syntax")  # codes of ruff for what it cannot read
Count = dict[str, int | None]


class Findings(NamedTuple):
    """Number of findings by name of the program; None where the tool cannot read it."""

    lint: Count
    security: Count


def find(programs: Mapping[str, str]) -> Findings:
    """Run both tools on programs that parse.

    Raises:
        MissingError: a tool cannot be started, or its answer cannot be read.
    """
    if not programs:
        return Findings({}, {})
    with TemporaryDirectory(prefix="codepref-") as scratch:
        folder = Path(scratch)
        names = {f"program_{number}.py": name for number, name in enumerate(sorted(programs))}
        for file, name in names.items():
            (folder / file).write_text(programs[name], encoding="utf-8", errors="replace")
        found = [_ruff(folder), _bandit(folder)]
    lint, security = (
        {name: None if file in some.unread else some.counts[file] for file, name in names.items()}
        for some in found
    )
    return Findings(lint, security)


class _Found(NamedTuple):
    """Findings by file, and files that the tool could not read."""

    counts: Counter[str]
    unread: set[str]


def _ruff(folder: Path) -> _Found:
    options = ["--isolated", "--no-cache", "--exit-zero", "--ignore-noqa", "--preview"]
    rules = ["--select", ",".join(LINT_RULES), "--target-version", "py311"]
    found = _run(["ruff", "check", *options, *rules, "--output-format", "json", "."], folder)
    unread = {Path(item["filename"]).name for item in found if item["code"] in UNREADABLE}
    return _Found(Counter(Path(item["filename"]).name for item in found), unread)


def _bandit(folder: Path) -> _Found:
    options = ["--quiet", "--recursive", "--exit-zero", "--ignore-nosec"]
    found = _run(
        ["bandit", *options, "--severity-level", "medium", "--format", "json", "."], folder
    )
    return _Found(
        Counter(Path(item["filename"]).name for item in found["results"]),
        {Path(item["filename"]).name for item in found["errors"]},
    )


def _run(command: list[str], folder: Path):  # type: ignore[no-untyped-def]  # JSON of the tool
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *command],
            cwd=folder,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise MissingError(
            f"{command[0]}: {error}; it is a dependency of codepref: install it anew"
        ) from error


def tool_versions() -> dict[str, Json]:
    """Versions of what measures: another release finds other things."""
    tools = {name: version(name) for name in ("ruff", "bandit", "radon")}
    return {**tools, "python": platform.python_version(), "rules": ", ".join(LINT_RULES)}
