"""Released answers to responses that are executed and paired like any generator's."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import get_args

from codepref.checkpoints.fences import STOP, extract_code
from codepref.records import Json, content_id
from codepref.released.config import ImportResponsesConfig
from codepref.released.layouts import Answer, UnreadReason, parse_answer
from codepref.released.rows import ReleasedVerdict
from codepref.released.sets import ReleasedRow, set_digest, set_source
from codepref.sampling.rows import Response
from codepref.selfalign.rows import instruction_id

TEMPLATE = "released"
REASONS = ("no_instruction", "instruction_left_out", *get_args(UnreadReason))
WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")


@dataclass
class Imported:
    """Responses, what was said of each, and the count of what could not be read."""

    responses: list[Response] = field(default_factory=list)
    verdicts: list[ReleasedVerdict] = field(default_factory=list)
    n_rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, Json]:
        """Count rows, responses, reasons, zeros too, and the released verdicts of what is kept."""
        said = Counter(verdict.passed for verdict in self.verdicts)
        return {
            "n_rows": self.n_rows,
            "rejected": {reason: self.rejected[reason] for reason in REASONS},
            "released_verdicts": {
                "passed": said[True],
                "failed": said[False],
                "unknown": said[None],
            },
        }


def import_responses(
    rows: Iterable[ReleasedRow], known: Collection[str], config: ImportResponsesConfig
) -> Imported:
    """Make a response of each answer that can be read and whose instruction is in the study.

    Args:
        rows: of the set, in its order; an answer's sample_index is its place among those to one
            instruction that are kept.
        known: ids of the study's instructions.
        config: where the set is from.
    """
    imported, kept = Imported(), Counter[str]()
    for row in rows:
        imported.n_rows += 1
        asked = instruction_id(row.instruction, [], "")
        for text in row.responses:
            answer = _answer(row, text, is_known=asked in known)
            if not isinstance(answer, Answer):
                imported.rejected[answer] += 1
                continue
            response = _response(row.instruction, asked, kept[asked], answer, config)
            kept[asked] += 1
            imported.responses.append(response)
            imported.verdicts.append(
                ReleasedVerdict(response_id=response.response_id, row=row.number, passed=row.passed)
            )
    return imported


def _answer(row: ReleasedRow, text: object, *, is_known: bool) -> Answer | str:
    if not row.instruction:
        return "no_instruction"
    return parse_answer(text, row.tests) if is_known else "instruction_left_out"


def _response(
    prompt: str, asked: str, index: int, answer: Answer, config: ImportResponsesConfig
) -> Response:
    completion = f"\n{answer.code}{STOP}"
    generator = set_digest(config)
    return Response(
        response_id=content_id(asked, generator, index, completion, answer.tests),
        instruction_id=asked,
        sample_index=index,
        prompt=prompt,
        completion=completion,
        solution=extract_code(completion),
        tests=f"{answer.tests}\n",
        finish_reason="stop",
        n_tokens=len(WORD_OR_SIGN.findall(completion)),
        logprob_sum=None,
        generator_digest=generator,
        template=TEMPLATE,
        engine=set_source(config),
        temperature=config.temperature,
        top_p=config.top_p,
        max_new_tokens=config.max_new_tokens,
        seed=0,
    )
