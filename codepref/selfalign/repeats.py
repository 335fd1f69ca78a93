"""Instructions that repeat another one; SelfCodeAlign's exact and near duplicates."""

from collections.abc import Mapping
from typing import Literal

from codepref.seeds.duplicates import near_duplicates
from codepref.selfalign.config import WriteInstructionsConfig

RepeatReason = Literal["whitespace_duplicate", "near_duplicate"]


def find_repeats(
    texts: Mapping[str, str], config: WriteInstructionsConfig
) -> dict[str, RepeatReason]:
    """Give what is to be turned away, by id; of equal or similar texts the smallest id stays."""
    found: dict[str, RepeatReason] = {}
    if config.rules.whitespace_duplicate:
        first: dict[str, str] = {}
        for name in sorted(texts):
            if first.setdefault("".join(texts[name].split()), name) != name:
                found[name] = "whitespace_duplicate"
    if config.rules.near_duplicate:
        rest = {name: text for name, text in texts.items() if name not in found}
        repeats = near_duplicates(rest, config.near_duplicate_jaccard)
        found.update(dict.fromkeys(repeats, "near_duplicate"))
    return found
