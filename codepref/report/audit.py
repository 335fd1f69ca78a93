"""What the audit found in the pairs: each check against its bound, and examples side by side."""

from collections.abc import Sequence

from codepref.audit.rows import Finding
from codepref.report.numbers import Numbers, Study, part
from codepref.report.tables import NONE

EXAMPLES = ("check", "row", "found", "chosen, or solution", "rejected, or tests")


class CheckCounts(Numbers):
    """One check of metrics/audit_pairs/<generator>.json. value: None where nothing was counted."""

    n: float
    total: int
    value: float | None
    bound: float | None
    held: bool


class AuditCounts(Numbers):
    """metrics/audit_pairs/<generator>.json."""

    checks: dict[str, CheckCounts]


def audit_columns(study: Study) -> list[str]:
    """Name the columns: one for each generator."""
    return ["check", "bound", *study.grid.generators]


def audit_cells(study: Study) -> list[list[str]]:
    """Give a line for each check."""
    found = [
        part(study, f"audit_pairs/{key}.json", AuditCounts).checks for key in study.grid.generators
    ]
    names = sorted({name for checks in found for name in checks})
    return [_line(name, [checks.get(name) for checks in found]) for name in names]


def example_cells(findings: Sequence[Finding]) -> list[list[str]]:
    """Give the examples side by side, by check."""
    ordered = sorted(findings, key=lambda found: (found.check, found.finding_id))
    return [
        [
            found.check,
            f"pair {found.pair_id[:8]}"
            if found.pair_id is not None
            else f"response {(found.response_id or '')[:8]}",
            found.detail,
            found.left,
            found.right,
        ]
        for found in ordered
    ]


def _line(name: str, checks: Sequence[CheckCounts | None]) -> list[str]:
    bounds = {check.bound for check in checks if check is not None and check.bound is not None}
    bound = ", ".join(f"{bound:g}" for bound in sorted(bounds)) or NONE
    return [name, bound, *map(_cell, checks)]


def _cell(check: CheckCounts | None) -> str:
    if check is None or check.value is None:
        return NONE
    broken = "" if check.held else ", BROKEN"
    return f"{check.value:.3f} ({check.n:g} of {check.total}){broken}"
