"""The parts of README.md that are made: the result table and the pipeline's diagram.

`python -m tests.readme` writes them again, after the study has run.
"""

import re
import subprocess
import sys
from pathlib import Path

from codepref.config import load_section
from codepref.grid import Grid
from codepref.report.numbers import read_study
from codepref.report.tables import readme_table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def results() -> str:
    """Give the result table of the study whose metrics are in git."""
    study = read_study(ROOT / "metrics", load_section("grid", Grid, ROOT / "params.yaml"))
    return readme_table(study, "humaneval")


def diagram() -> str:
    """Give the pipeline as a Mermaid diagram, one node for each group of stages."""
    drawn = subprocess.run(
        [sys.executable, "-m", "dvc", "dag", "--mermaid", "--collapse-foreach-matrix"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return f"```mermaid\n{drawn.stdout.strip()}\n```"


def block(text: str, name: str) -> str:
    """Give what stands between a block's two marks."""
    found = re.search(rf"<!-- {name} -->\n(.*)<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise ValueError(f"README.md has no block {name}")
    return found[1].strip()


def write_blocks() -> None:
    """Replace both blocks."""
    text = README.read_text(encoding="utf-8")
    for name, made in (("results", results()), ("dag", diagram())):
        text = re.sub(
            rf"(<!-- {name} -->\n).*(<!-- /{name} -->)",
            lambda marks, made=made: f"{marks[1]}{made}\n{marks[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_blocks()
