"""Findings of ruff and bandit: each is started once for all programs."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codepref.errors import MissingError

# Errors, bugs, naming, what could be simpler; not layout, which a formatter decides.
LINT_RULES = ("F", "E7", "E9", "B", "N", "C4", "SIM", "PLR", "PERF", "RET")
TIMEOUT_S = 600


class Findings(NamedTuple):
    """Number of findings by name of the program; a program without any is absent."""

    lint: Counter[str]
    security: Counter[str]


def find(programs: Mapping[str, str]) -> Findings:
    """Run both tools on programs that parse.

    Raises:
        MissingError: a tool cannot be started, or its answer cannot be read.
    """
    if not programs:
        return Findings(Counter(), Counter())
    with TemporaryDirectory(prefix="codepref-") as scratch:
        folder = Path(scratch)
        names = {f"program_{number}.py": name for number, name in enumerate(sorted(programs))}
        for file, name in names.items():
            (folder / file).write_text(programs[name], encoding="utf-8", errors="replace")
        return Findings(
            Counter(names[file] for file in _ruff(folder)),
            Counter(names[file] for file in _bandit(folder)),
        )


def _ruff(folder: Path) -> list[str]:
    options = ["--isolated", "--no-cache", "--exit-zero", "--ignore-noqa", "--preview"]
    rules = ["--select", ",".join(LINT_RULES), "--target-version", "py311"]
    found = _run(["ruff", "check", *options, *rules, "--output-format", "json", "."], folder)
    return [Path(item["filename"]).name for item in found]


def _bandit(folder: Path) -> list[str]:
    options = ["--quiet", "--recursive", "--exit-zero", "--ignore-nosec"]
    found = _run(
        ["bandit", *options, "--severity-level", "medium", "--format", "json", "."], folder
    )
    return [Path(item["filename"]).name for item in found["results"]]


def _run(command: list[str], folder: Path):  # type: ignore[no-untyped-def]  # JSON of the tool
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command],
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
