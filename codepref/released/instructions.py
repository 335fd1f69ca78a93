"""Instructions of released answer sets; their responses bring their own tests."""

from collections.abc import Collection, Mapping

from codepref.records import content_id
from codepref.released.config import ImportResponsesConfig
from codepref.released.sets import ReleasedRow, read_set, set_digest, set_source
from codepref.selfalign.config import WriteInstructionsConfig
from codepref.selfalign.prompts import LANGUAGE
from codepref.selfalign.repeats import find_repeats
from codepref.selfalign.rows import Instruction, RejectedInstruction, instruction_id
from codepref.selfalign.selection import ReleasedReason, Selected


def select_released(
    sets: Mapping[str, ImportResponsesConfig],
    config: WriteInstructionsConfig,
    known: Collection[str],
) -> Selected:
    """Keep each text of the sets once; sets in order of name, the first gives the source.

    Args:
        sets: by name, as section import_responses has them.
        config: rules on length and repeats.
        known: ids of instructions from elsewhere, which stay.

    Raises:
        MissingError: a hub cannot be reached.
        DataError: a column is missing.
    """
    selected, found = Selected(), dict[str, Instruction]()
    turned_away: set[str] = set()
    for name in sorted(sets):
        for row in read_set(sets[name]):
            asked = instruction_id(row.instruction, [], "")
            if asked in found or asked in turned_away:
                continue
            reason = _reason(row, config, is_known=asked in known)
            if reason is None:
                found[asked] = _instruction(row, sets[name], config)
            else:
                turned_away.add(asked)
                selected.rejects.append(_reject(row.instruction, set_source(sets[name]), reason))
    texts = {name: item.text for name, item in found.items()}
    repeats = find_repeats(texts, config)
    selected.rejects += [
        _reject(found[name].text, found[name].source, reason) for name, reason in repeats.items()
    ]
    selected.instructions = [item for name, item in found.items() if name not in repeats]
    return selected


def _reason(
    row: ReleasedRow, config: WriteInstructionsConfig, *, is_known: bool
) -> ReleasedReason | None:
    if not row.instruction:
        return "no_text"
    if is_known:
        return "duplicate"
    too_long = config.rules.too_long and len(row.instruction.split()) > config.max_words
    return "too_long" if too_long else None


def _instruction(
    row: ReleasedRow, released: ImportResponsesConfig, config: WriteInstructionsConfig
) -> Instruction:
    return Instruction(
        instruction_id=instruction_id(row.instruction, [], ""),
        origin="released",
        seed_id=None,
        problem_id=None,
        category="function",
        difficulty=config.problem_difficulty,
        language=LANGUAGE,
        concepts=row.concepts,
        text=row.instruction,
        entry_point=None,
        test_setup="",
        tests=[],
        reference=None,
        source=set_source(released),
        licence=released.licence,
        generator_digest=set_digest(released),
        prompt_sha256=None,
    )


def _reject(text: str, source: str, reason: ReleasedReason) -> RejectedInstruction:
    return RejectedInstruction(
        reject_id=content_id("released", source, text, reason),
        seed_id=None,
        problem_id=None,
        step="released",
        reason=reason,
        text=text,
    )
