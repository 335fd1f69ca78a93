"""Tasks by variants: who passed what, each cell a link to the completion."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from codepref.execution.rows import Verdict
from codepref.lineage.leaf import Leaf, leaves, programs
from codepref.report.answers import Answer
from codepref.report.harness import harness
from codepref.report.numbers import Study
from codepref.schema import Strict

Kind = Literal["passed", "some", "failed", "broken", "none"]
SYMBOLS: dict[Verdict, str] = {
    "passed": "\N{CHECK MARK}",
    "failed": "\N{MULTIPLICATION SIGN}",
    "error": "E",
    "syntax_error": "S",
    "timeout": "T",
    "wall_timeout": "W",
    "out_of_memory": "M",
    "output_limit": "O",
    "crashed": "C",
    "early_exit": "X",
    "tampered": "!",
    "vacuous": "V",
    "no_tests": "N",
    "flaky": "F",
    "infra_error": "?",
}


KINDS: tuple[tuple[Kind, str], ...] = (
    ("passed", "passed"),
    ("some", "some samples passed"),
    ("failed", "ran and failed"),
    ("broken", "error or limit"),
    ("none", "no verdict"),
)


class HeatCell(Strict):
    """One task of one variant.

    Attributes:
        href: of its first completion; "" where it has none.
        symbol: of its verdict, or how many of its samples passed.
        title: the verdict in words.
    """

    href: str
    symbol: str
    kind: Kind
    title: str


class HeatRow(Strict):
    """One task: a cell for each column."""

    task_id: str
    cells: list[HeatCell]


class HeatMap(Strict):
    """One benchmark.

    Attributes:
        starts: with the number of columns of each.
        variants: a column each, start by start.
    """

    benchmark: str
    starts: list[tuple[str, int]]
    variants: list[str]
    rows: list[HeatRow]


NO_ANSWER = HeatCell(href="", symbol="-", kind="none", title="no completion")


def heat_maps(study: Study, answers: Sequence[Answer], page: str) -> list[HeatMap]:
    """Give a map for each benchmark that has answers in the wording whose scores count.

    Args:
        study: its numbers.
        answers: completions with their results, of all starts.
        page: name of the file that shows the completions.
    """
    maps = []
    for benchmark in programs(study.grid):
        own = main_answers(study, benchmark, answers)
        if own:
            maps.append(_heat_map(benchmark, leaves(study.grid), own, page))
    return maps


def main_answers(study: Study, benchmark: str, answers: Sequence[Answer]) -> list[Answer]:
    """Give the answers of the grid's variants in the wording whose scores count, task by task."""
    found = leaves(study.grid)
    columns = {(leaf.start_key, leaf.variant): index for index, leaf in enumerate(found)}
    keys = dict.fromkeys(leaf.start_key for leaf in found)
    wordings = {key: harness(study, key, benchmark).wording for key in keys}
    own = [
        answer
        for answer in answers
        if answer.result.benchmark == benchmark
        and (answer.start_key, answer.result.variant) in columns
        and answer.result.wording == wordings[answer.start_key]
    ]
    return sorted(
        own,
        key=lambda answer: (
            natural(answer.result.task_id),
            columns[answer.start_key, answer.result.variant],
            answer.result.sample_index,
        ),
    )


def kind_of(verdict: Verdict) -> Kind:
    """Say which kind of cell a verdict is."""
    if verdict == "passed" or verdict == "failed":
        return verdict
    return "none" if verdict == "infra_error" else "broken"


def natural(name: str) -> list[tuple[int, str]]:
    """Give a key that sorts numbers in names as numbers."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _heat_map(
    benchmark: str, columns: Sequence[Leaf], answers: Sequence[Answer], page: str
) -> HeatMap:
    cells: dict[tuple[str, str, str], list[Answer]] = {}
    for answer in answers:
        row = answer.result
        cells.setdefault((row.task_id, answer.start_key, row.variant), []).append(answer)
    tasks = dict.fromkeys(answer.result.task_id for answer in answers)
    starts = Counter(leaf.start_key for leaf in columns)
    return HeatMap(
        benchmark=benchmark,
        starts=list(starts.items()),
        variants=[leaf.variant for leaf in columns],
        rows=[
            HeatRow(
                task_id=task,
                cells=[
                    _cell(cells.get((task, leaf.start_key, leaf.variant), []), page)
                    for leaf in columns
                ],
            )
            for task in tasks
        ],
    )


def _cell(found: Sequence[Answer], page: str) -> HeatCell:
    if not found:
        return NO_ANSWER
    counts = Counter(answer.result.verdict for answer in found)
    passed, scored = counts["passed"], len(found) - counts["infra_error"]
    (first, *others) = found
    return HeatCell(
        href=f"{page}#{first.result.completion_id}",
        symbol=f"{passed}/{scored}" if others else SYMBOLS[first.result.verdict],
        kind=_kind(counts, passed, scored),
        title=", ".join(f"{name} {n}" if others else name for name, n in sorted(counts.items())),
    )


def _kind(counts: Mapping[Verdict, int], passed: int, scored: int) -> Kind:
    if passed and passed < scored:
        return "some"
    kinds = {kind_of(verdict) for verdict, n in counts.items() if n}
    return next(kind for kind, _ in KINDS if kind in kinds)
