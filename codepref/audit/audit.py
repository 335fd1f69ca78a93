"""All checks of a generator's pairs, and the gate before their training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from codepref.audit.bias import check_lengths, describe_lengths, quartiles
from codepref.audit.config import AuditPairsConfig
from codepref.audit.labels import check_labels, distributions
from codepref.audit.programs import check_programs
from codepref.audit.prompts import check_prompts
from codepref.audit.rows import Check, Finding
from codepref.audit.sides import check_parents
from codepref.contamination.rows import Hit, removed_by
from codepref.database import database
from codepref.errors import CheckFailed
from codepref.execution.rows import Execution
from codepref.pairs.rows import LabelledResponse, Pair
from codepref.records import Json, Record
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import read_table

VIEWS: dict[str, type[Record]] = {
    "pairs": Pair,
    "labels": LabelledResponse,
    "responses": Response,
    "executions": Execution,
    "instructions": Instruction,
}
SHOWN = 3  # examples in the message of a broken check
ADVICE = {
    "length": "use build_pairs.policy length_matched, or a bound on the length ratio",
    "near_identical": "raise the minimum edit distance of build_pairs",
    "identical_form": "raise the minimum edit distance of build_pairs",
    "syntax": "take syntax_error out of build_pairs.rejected_verdicts, or sample more",
    "repeated": "leave the repeats out of write_instructions",
    "near_repeated": "lower write_instructions.near_duplicate_jaccard",
    "prompt_across": "leave the repeats out of write_instructions",
    "near_prompt": "lower write_instructions.near_duplicate_jaccard",
    "unlisted": "list the licence in audit_pairs.allowed_licences, or leave its source out",
    "unknown": "name the licence of the source, or leave the source out",
    "vacuous": "sample more, or use problems with given tests",
    "few_tests": "use problems with given tests, or sample more",
    "tests_in": "leave those responses out",
    "answers_in": "leave those responses out",
    "duplicate": "draw another split.seed, or leave the repeated instructions out",
}
REMAKE = "make the tables anew with `dvc repro -f build_pairs`"


class Audit(NamedTuple):
    """What the audit found."""

    checks: list[Check]
    described: dict[str, Json]

    @property
    def broken(self) -> list[Check]:
        """Checks whose bound does not hold."""
        return [check for check in self.checks if not check.held]

    def findings(self) -> list[Finding]:
        """Give the examples of all checks."""
        return [finding for check in self.checks for finding in check.examples]

    def metrics(self) -> dict[str, Json]:
        """Give every check with its numbers, and the distributions."""
        return {
            "passed": not self.broken,
            "checks": {check.name: check.numbers() for check in self.checks},
            **self.described,
        }


def audit_pairs(tables: Mapping[str, Path], contamination: Path, config: AuditPairsConfig) -> Audit:
    """Make every check on one generator's pairs.

    Cost: linear in rows, but for a sort; programs and texts are streamed.

    Args:
        tables: Parquet files by the names of VIEWS.
        contamination: what of the data meets a benchmark.
        config: see AuditPairsConfig.

    Raises:
        DataError: a table is of another version, or a pair names a row that is in none.
    """
    hits = read_table(contamination, Hit)
    with database() as db:
        for name, row_type in VIEWS.items():
            db.attach(name, tables[name], row_type)
        check_parents(db)
        programs = check_programs(db, config)
        checks = [
            *check_lengths(db, config),
            *programs.checks,
            *check_prompts(db, config),
            *check_labels(db, config, removed_by(hits)),
        ]
        described: dict[str, Json] = {
            "n_pairs": len(programs.distances),
            "n_contamination_hits": len(hits),
            "n_contamination_hits_that_remove": sum(hit.removes for hit in hits),
            "lengths": describe_lengths(db),
            "edit_distance_quartiles": quartiles(programs.distances),
            **distributions(db),
        }
    return Audit(sorted(checks, key=lambda check: check.name), described)


def refuse_broken(audit: Audit, pairs: Path, written: Sequence[Path]) -> None:
    """Stop where a bound does not hold.

    Raises:
        CheckFailed: names each broken check, its numbers, bound, examples and what to do.
    """
    if not audit.broken:
        return
    lines = [line for check in audit.broken for line in _explained(check)]
    raise CheckFailed(
        f"{pairs}: {len(audit.broken)} of {len(audit.checks)} checks do not hold, so nothing "
        "trains on these pairs\n"
        + "\n".join(lines)
        + f"\nAll numbers and examples: {', '.join(map(str, written))}; they stay in the "
        "workspace until the next run, DVC does not record them"
    )


def _explained(check: Check) -> list[str]:
    named = (advice for start, advice in ADVICE.items() if check.name.startswith(start))
    advice = next(named, REMAKE)
    return [
        f"- {check.name}: {check.n:g} of {check.total}, value {check.value:.4f} above its bound "
        f"{check.bound:g}; {advice}, or raise audit_pairs.bounds.{check.name}",
        *(
            f"    {found.pair_id or found.response_id}: {' '.join(found.detail.split())[:160]}"
            for found in check.examples[:SHOWN]
        ),
    ]
