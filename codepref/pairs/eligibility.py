"""Which responses may stand in a pair or a training set, and by which rule each other may not."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple, get_args

from pydantic import Field

from codepref.checkpoints.fences import STOP
from codepref.contamination.rows import Removed
from codepref.execution.rows import Verdict
from codepref.pairs.placeholders import has_placeholder
from codepref.pairs.rows import Side
from codepref.sampling.rows import FinishReason
from codepref.schema import Strict

RULES = (
    *("contaminated", "truncated", "no_closing_fence", "too_long", "placeholder"),
    *("import_missing", "flagged"),
)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MISSING_MODULE = "ModuleNotFoundError: "


class EligibilityConfig(Strict):
    """Which responses may be trained on at all, in pairs or alone.

    Attributes:
        max_completion_tokens: longer ones are left out; None keeps them.
        placeholders: keep answers that leave work to the reader, see pairs/placeholders.py.
    """

    max_completion_tokens: int | None = Field(ge=1)
    placeholders: bool


class Executed(NamedTuple):
    """A response beside its execution: of both rows what pairs need, named as there.

    A tuple and no record, since there may be millions.

    Attributes:
        tests: the response's own; None where the instruction has tests.
        agreed: tests_id of its siblings' tests that it passed.
        n_siblings: how many of its siblings' tests it was run on.
    """

    response_id: str
    instruction_id: str
    sample_index: int
    prompt: str
    completion: str
    solution: str
    tests: str | None
    finish_reason: FinishReason
    n_tokens: int
    generator_digest: str
    execution_id: str
    tests_id: str
    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    flags: Sequence[str]
    agreed: Sequence[str] = ()
    n_siblings: int = 0


def label(
    item: Executed, rejected: Collection[Verdict], removed: Removed, config: EligibilityConfig
) -> Side | str:
    """Give "chosen", "rejected", or the name of the rule that leaves the response out.

    The rules on form are the same for both sides: a cut-off or unclosed answer would teach length
    and form, not correctness. One that needs a module that the sandbox does not have says nothing
    of its logic. One that could have reached into its own tests has no verdict to go by.

    Args:
        item: the response.
        rejected: verdicts that may be rejected.
        removed: what meets a benchmark.
        config: rules on form.
    """
    if removed.has(item.response_id, item.instruction_id):
        return "contaminated"
    rule = _form_rule(item, config)
    if rule is not None:
        return rule
    if item.flags:
        return "flagged"
    if MISSING_MODULE in item.failure and item.verdict == "error":
        return "import_missing"
    if item.verdict == "passed":
        return "chosen"
    return "rejected" if item.verdict in rejected else item.verdict


def _form_rule(item: Executed, config: EligibilityConfig) -> str | None:
    if item.finish_reason == "length":
        return "truncated"
    if not item.completion.endswith(STOP):
        return "no_closing_fence"
    limit = config.max_completion_tokens
    if limit is not None and item.n_tokens > limit:
        return "too_long"
    if not config.placeholders and has_placeholder(item.solution):
        return "placeholder"
    return None


def count_labels(labels: Counter[str], rejected: Collection[Verdict]) -> dict[str, int]:
    """Count responses by label and by every rule that could leave one out, zeros too."""
    left_out = [v for v in VERDICTS if v != "passed" and v not in rejected]
    return {name: labels[name] for name in ("chosen", "rejected", *RULES, *left_out)}
