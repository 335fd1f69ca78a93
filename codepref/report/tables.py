"""Rows of the report's tables, as texts."""

import csv
import io
from collections.abc import Sequence

from codepref.report.numbers import Comparison, Score, ScoredLeaf, Study, Training, part
from codepref.schema import Strict

NONE = "-"
HEADLINE = (
    "model",
    "start",
    "variant",
    "n",
    "pass@1",
    "interval",
    "difference to baseline",
    "its interval",
    "won, lost",
    "McNemar p",
)


class Table(Strict):
    """A table with a title, and what is said below it; the charts are HTML's."""

    title: str
    columns: Sequence[str]
    rows: list[list[str]]
    note: str
    charts: Sequence[str] = ()


class Line(Strict):
    """One line of the headline table, the command that explains it, and what it stands on.

    Attributes:
        note: a warning about its numbers, "" if there is none.
    """

    cells: list[str]
    note: str
    trace: str
    digests: list[tuple[str, str]]


def headline(study: Study, benchmark: str) -> list[Line]:
    """Give the lines of one benchmark: each start's baseline, then its aligned variants."""
    return [_line(study, row) for row in study.scores if row.benchmark == benchmark]


def readme_table(study: Study, benchmark: str) -> str:
    """Write the headline table of one benchmark in Markdown, one line a variant."""
    rows = [line.cells for line in headline(study, benchmark)]
    return markdown_table(HEADLINE, rows)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown; a bar in a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def scores_csv(study: Study) -> str:
    """Write the scores for `dvc plots`; a score that does not exist is an empty cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["model", "start", "variant", "benchmark", "score", "low", "high"])
    for row in study.scores:
        score = row.score
        writer.writerow(
            [
                row.leaf.model,
                row.leaf.start,
                f"{row.leaf.start_key} {row.leaf.variant}",
                row.benchmark,
                *("" if value is None else f"{value:.6f}" for value in _values(score)),
            ]
        )
    return stream.getvalue()


def percent(value: float | None) -> str:
    """Write a rate in percent with one digit."""
    return NONE if value is None else f"{100 * value:.1f} %"


def signed(value: float | None) -> str:
    """Write a difference of rates in percentage points, with its sign."""
    return NONE if value is None else f"{100 * value:+.1f}"


def interval(low: float | None, high: float | None, *, plus: bool = False) -> str:
    """Write an interval in percent, with signs for a difference."""
    if low is None or high is None:
        return NONE
    style = "+.1f" if plus else ".1f"
    return f"{100 * low:{style}} to {100 * high:{style}}"


def p_value(value: float | None) -> str:
    """Write a p value with three digits."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _line(study: Study, row: ScoredLeaf) -> Line:
    leaf, score = row.leaf, row.score
    file = f"{study.metrics}/score_benchmark/{leaf.start_key}.json"
    return Line(
        cells=[
            leaf.model,
            leaf.start,
            leaf.variant,
            str(score.n_tasks),
            percent(score.pass_at_1),
            interval(score.low, score.high),
            *_difference(row.comparison),
        ],
        note=row.comparison.note if row.comparison else "",
        trace=f"codepref trace {file}:{row.benchmark}.{leaf.variant}.pass_at_1",
        digests=_digests(study, row),
    )


def _digests(study: Study, row: ScoredLeaf) -> list[tuple[str, str]]:
    found = [("policy", row.score.policy_digest)]
    if row.leaf.cell is None:
        return found
    training = part(study, f"align/{row.leaf.name}.json", Training)
    return [
        *found,
        ("adapter", training.adapter_digest),
        ("pairs", training.pairs_sha256),
        ("start", training.start_digest),
    ]


def _difference(found: Comparison | None) -> list[str]:
    if found is None:
        return [NONE] * 4
    won, lost = found.only_aligned, found.only_baseline
    return [
        signed(found.difference),
        interval(found.low, found.high, plus=True),
        NONE if won is None or lost is None else f"{won}, {lost}",
        p_value(found.p),
    ]


def _values(score: Score) -> tuple[float | None, float | None, float | None]:
    return score.pass_at_1, score.low, score.high
