"""Stage audit_pairs: faults of a generator's pairs, and a gate before training. CPU, seconds."""

from pathlib import Path

from codepref.audit.audit import audit_pairs, refuse_broken
from codepref.audit.config import AuditPairsConfig
from codepref.audit.rows import Finding
from codepref.command import run_stage
from codepref.config import load_section
from codepref.files import write_json
from codepref.tables import write_table


def main(  # noqa: PLR0913  # one flag for each path of the stage
    pairs: Path,
    labels: Path,
    responses: Path,
    executions: Path,
    instructions: Path,
    contamination: Path,
    audits: Path,
    passed: Path,
    metrics: Path,
) -> None:
    """Read the pairs and their parents; write examples and metrics; pass only what holds."""
    passed.unlink(missing_ok=True)
    config = load_section("audit_pairs", AuditPairsConfig)
    tables = {
        "pairs": pairs,
        "labels": labels,
        "responses": responses,
        "executions": executions,
        "instructions": instructions,
    }
    found = audit_pairs(tables, contamination, config)
    write_table(audits, found.findings(), Finding)
    write_json(metrics, found.metrics())
    refuse_broken(found, pairs, [metrics, audits])
    write_json(passed, {"passed": True})


if __name__ == "__main__":
    run_stage(main)
