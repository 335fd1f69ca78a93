"""Completions with what the tests said of them."""

from collections.abc import Sequence
from typing import NamedTuple

from codepref.benchmarks.rows import Completion, Result
from codepref.errors import DataError


class Answer(NamedTuple):
    """One completion of one variant of a start, and its result."""

    start_key: str
    completion: Completion
    result: Result


def join_answers(
    start_key: str, completions: Sequence[Completion], results: Sequence[Result]
) -> list[Answer]:
    """Give each result its completion.

    Completions that no test judges have no result and are left out.

    Raises:
        DataError: a result is of no completion there is.
    """
    known = {row.completion_id: row for row in completions}
    lost = [row.completion_id for row in results if row.completion_id not in known]
    if lost:
        raise DataError(
            f"{start_key}: {len(lost)} results are of no completion of the start, first "
            f"{lost[0]}; run `dvc repro score_benchmark`"
        )
    return [Answer(start_key, known[row.completion_id], row) for row in results]
