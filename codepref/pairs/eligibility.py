"""Which responses may stand in a pair or a training set, and by which rule each other may not."""

import ast
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple, get_args

from pydantic import Field

from codepref.checkpoints.fences import STOP
from codepref.contamination.rows import Removed
from codepref.execution.rows import Execution, Verdict
from codepref.pairs.placeholders import has_placeholder
from codepref.pairs.rows import Side
from codepref.sampling.rows import Response
from codepref.schema import Strict

RULES = (
    *("contaminated", "truncated", "no_closing_fence", "too_long", "placeholder"),
    *("import_missing", "flagged"),
)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MISSING_IMPORT = ("ModuleNotFoundError", "ImportError")


class EligibilityConfig(Strict):
    """Which responses may be trained on at all, in pairs or alone.

    Attributes:
        max_completion_tokens: longer ones are left out; None keeps them.
        placeholders: keep answers that leave work to the reader, see pairs/placeholders.py.
    """

    max_completion_tokens: int | None = Field(ge=1)
    placeholders: bool


class Executed(NamedTuple):
    """A response and what its tests said.

    Attributes:
        agreed: tests_id of its siblings' tests that it passed.
        n_siblings: how many of its siblings' tests it was run on.
    """

    response: Response
    execution: Execution
    agreed: tuple[str, ...] = ()
    n_siblings: int = 0


def label(
    item: Executed, rejected: Collection[Verdict], removed: Removed, config: EligibilityConfig
) -> Side | str:
    """Give "chosen", "rejected", or the name of the rule that leaves the response out.

    The rules on form are the same for both sides: a cut-off or unclosed answer would teach length
    and form, not correctness. One that needs a module that the sandbox does not have says nothing
    of its logic. One that passed and could have reached into its own tests is never chosen.

    Args:
        item: the response.
        rejected: verdicts that may be rejected.
        removed: what meets a benchmark.
        config: rules on form.
    """
    response, execution = item.response, item.execution
    if removed.has(response.response_id, response.instruction_id):
        return "contaminated"
    if response.finish_reason == "length":
        return "truncated"
    if not response.completion.endswith(STOP):
        return "no_closing_fence"
    limit = config.max_completion_tokens
    if limit is not None and response.n_tokens > limit:
        return "too_long"
    if not config.placeholders and has_placeholder(response.solution):
        return "placeholder"
    if execution.verdict == "passed":
        return "flagged" if execution.flags else "chosen"
    if execution.failure.startswith(MISSING_IMPORT):
        return "import_missing"
    return "rejected" if execution.verdict in rejected else execution.verdict


def count_labels(labels: Counter[str], rejected: Collection[Verdict]) -> dict[str, int]:
    """Count responses by label and by every rule that could leave one out, zeros too."""
    left_out = [v for v in VERDICTS if v != "passed" and v not in rejected]
    return {name: labels[name] for name in ("chosen", "rejected", *RULES, *left_out)}


def normal_form(program: str) -> str:
    """Give a text that is equal for programs that differ in layout and comments only.

    A program that does not parse is its lines without trailing blanks.
    """
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(line.rstrip() for line in program.strip().splitlines())


def first_of_each_form(items: Sequence[Executed]) -> list[Executed]:
    """Keep the first of the responses whose programs have one normal form."""
    seen: dict[str, Executed] = {}
    for item in items:
        seen.setdefault(normal_form(item.response.solution), item)
    return list(seen.values())
