"""Programs to rows of quality."""

from collections.abc import Mapping

from codepref.quality.measures import (
    annotated_share,
    documented_share,
    largest_complexity,
    maintainability,
    source_lines,
)
from codepref.quality.rows import Quality
from codepref.quality.tools import Findings, find
from codepref.syntax import parse

MEASURES = (
    "lines",
    "complexity",
    "maintainability",
    "lint",
    "security",
    "documented",
    "annotated",
)


def describe_programs(programs: Mapping[str, str]) -> list[Quality]:
    """Give a row for each program by completion id, in order of id."""
    parsing = {name: code for name, code in programs.items() if parse(code) is not None}
    findings = find(parsing)
    return [_row(name, code, findings) for name, code in sorted(programs.items())]


def _row(name: str, code: str, findings: Findings) -> Quality:
    tree = parse(code)
    if tree is None:
        nothing = dict.fromkeys(MEASURES)
        return Quality.model_validate({"completion_id": name, "parses": False, **nothing})
    return Quality(
        completion_id=name,
        parses=True,
        lines=source_lines(code),
        complexity=largest_complexity(code),
        maintainability=maintainability(code),
        lint=findings.lint[name],
        security=findings.security[name],
        documented=documented_share(tree),
        annotated=annotated_share(tree),
    )
