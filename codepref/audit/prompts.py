"""Instructions of the pairs whose texts nearly repeat each other."""

from collections import defaultdict

from codepref.audit.config import AuditPairsConfig
from codepref.audit.rows import Check, rate_check
from codepref.audit.sides import SIDES, pair_findings
from codepref.database import Database
from codepref.seeds.duplicates import near_duplicates

TEXTS = f"{SIDES} SELECT DISTINCT instruction_id, text FROM sides"
SPLITS = f"{SIDES} SELECT pair_id, instruction_id, split FROM sides ORDER BY pair_id"


def check_prompts(db: Database, config: AuditPairsConfig) -> list[Check]:
    """Count pairs whose instruction is near another one, and near one of the other split."""
    texts: dict[str, str] = dict(db.rows(TEXTS))
    near = near_duplicates(texts, config.near_prompt_jaccard)
    pairs = db.rows(SPLITS)
    members: dict[str, set[str]] = defaultdict(set)
    splits: dict[str, set[str]] = defaultdict(set)
    for _, instruction_id, split in pairs:
        root = near.get(instruction_id, instruction_id)
        members[root].add(instruction_id)
        splits[root].add(split)
    repeated: dict[str, str] = {}
    across: dict[str, str] = {}
    for pair_id, instruction_id, _ in pairs:
        root = near.get(instruction_id, instruction_id)
        if len(members[root]) > 1:
            other = min(members[root] - {instruction_id})
            repeated[pair_id] = f"{texts[instruction_id][:200]} | {texts[other][:200]}"
            if len(splits[root]) > 1:
                across[pair_id] = repeated[pair_id]
    return [
        _check(db, "near_repeated_prompt", repeated, len(pairs), config),
        _check(db, "near_prompt_across_splits", across, len(pairs), config),
    ]


def _check(
    db: Database, name: str, found: dict[str, str], total: int, config: AuditPairsConfig
) -> Check:
    shown = {pair_id: found[pair_id] for pair_id in sorted(found)[: config.examples]}
    bound: float | None = getattr(config.bounds, name)
    return rate_check(name, len(found), total, bound, pair_findings(db, name, shown))
