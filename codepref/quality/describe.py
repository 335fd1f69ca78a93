"""Programs to rows of quality, and their summary."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from codepref.quality.measures import (
    annotated_share,
    documented_share,
    largest_complexity,
    maintainability,
    parse,
    source_lines,
)
from codepref.quality.rows import Quality
from codepref.quality.tools import Findings, find
from codepref.records import Json

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


def summarise(rows: Sequence[Quality]) -> dict[str, Json]:
    """Mean of each measure over the programs that have it, None for none, and how many parse."""
    means: dict[str, Json] = {}
    for name in MEASURES:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        means[name] = fmean(values) if values else None
    return {"n_programs": len(rows), "n_parsing": sum(row.parses for row in rows), **means}


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
