"""Which responses may stand in a pair or a training set, and by which rule each other may not."""

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, get_args

from codepref.checkpoints.fences import STOP
from codepref.contamination.rows import Removed
from codepref.errors import DataError
from codepref.execution.rows import Execution, Verdict
from codepref.pairs.rows import Side
from codepref.sampling.rows import Response

FORMAT_RULES = ("contaminated", "truncated", "no_closing_fence", "too_long")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class Executed(NamedTuple):
    """A response and what its tests said."""

    response: Response
    execution: Execution


def join_executions(
    responses: Iterable[Response], executions: Iterable[Execution]
) -> list[Executed]:
    """Put each response beside its execution, in order of instruction and sample_index.

    Raises:
        DataError: a response has no execution or several, or an execution has no response.
    """
    ordered = sorted(responses, key=lambda r: (r.instruction_id, r.sample_index, r.response_id))
    by_response: dict[str, Execution] = {}
    for execution in executions:
        if by_response.setdefault(execution.response_id, execution) is not execution:
            raise DataError(f"executions: response {execution.response_id} was executed twice")
    known = {response.response_id for response in ordered}
    missing, stray = sorted(known - by_response.keys()), sorted(by_response.keys() - known)
    if missing or stray:
        raise DataError(
            f"responses and executions do not match: {len(missing)} responses without execution "
            f"{missing[:3]}, {len(stray)} executions without response {stray[:3]}; make both with "
            "`dvc repro`"
        )
    return [Executed(response, by_response[response.response_id]) for response in ordered]


def format_rule(response: Response, max_tokens: int | None) -> str | None:
    """Name the rule on form that a response breaks, the same for both sides of a pair.

    A cut-off or unclosed answer would teach length and form, not correctness.
    """
    if response.finish_reason == "length":
        return "truncated"
    if not response.completion.endswith(STOP):
        return "no_closing_fence"
    if max_tokens is not None and response.n_tokens > max_tokens:
        return "too_long"
    return None


def label(
    item: Executed, rejected: Collection[Verdict], max_tokens: int | None, removed: Removed
) -> Side | str:
    """Give "chosen", "rejected", or the name of the rule that leaves the response out.

    A response that passed and could have reached into its own tests is "flagged", never chosen.
    """
    if removed.has(item.response.response_id, item.response.instruction_id):
        return "contaminated"
    rule = format_rule(item.response, max_tokens)
    if rule is not None:
        return rule
    if item.execution.verdict == "passed":
        return "flagged" if item.execution.flags else "chosen"
    return "rejected" if item.execution.verdict in rejected else item.execution.verdict


def count_labels(labels: Iterable[str], rejected: Collection[Verdict]) -> dict[str, int]:
    """Count responses by label and by every rule that could leave one out, zeros too."""
    left_out = [v for v in VERDICTS if v != "passed" and v not in rejected]
    counts = Counter(labels)
    return {
        name: counts[name] for name in ("chosen", "rejected", *FORMAT_RULES, "flagged", *left_out)
    }


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
