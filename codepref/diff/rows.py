"""What changed between two versions."""

from typing import Literal

from codepref.schema import Strict

TableName = Literal[
    "seeds",
    "instructions",
    "responses",
    "executions",
    "contamination",
    "pairs",
    "labels",
    "completions",
    "results",
]
Kind = Literal["added", "removed", "verdict_flipped", "text_changed", "other_twin", "changed"]
Cause = Literal[
    "seed",
    "prompt",
    "generator",
    "sampling",
    "tests",
    "limits",
    "verdict",
    "contamination",
    "policy",
    "model",
    "unexplained",
]


class Change(Strict):
    """One row that is not what it was.

    Attributes:
        key: what the row is of, the same in both versions.
        old, new: what it said; None where it was not there.
    """

    kind: Kind
    cause: Cause
    key: str
    old: str | None
    new: str | None


class TableDiff(Strict):
    """One file in two versions.

    Attributes:
        table: name of the table. cell: generator or start, "" for the only one.
        counts: rows by kind and cause, as "kind cause".
        lacking: columns of today that the older or newer file does not have; not compared.
        examples: some changes, the smallest keys first.
    """

    table: TableName
    cell: str
    n_old: int
    n_new: int
    counts: dict[str, int]
    lacking: list[str]
    examples: list[Change]

    @property
    def n_changes(self) -> int:
        """Number of rows that are not what they were."""
        return sum(self.counts.values())


class ParamChange(Strict):
    """A parameter with another value, as dvc.lock has them; None where there is none."""

    name: str
    old: str | None
    new: str | None


class ScoreChange(Strict):
    """A variant's score on one benchmark in both versions, over the tasks that both have.

    Attributes:
        old, new: mean pass rate; None where no task of both was scored.
        gained, lost: tasks that the new version does better, or worse.
        p: exact, two-sided, that both are as good.
    """

    start: str
    variant: str
    benchmark: str
    wording: str
    n_tasks: int
    old: float | None
    new: float | None
    gained: list[str]
    lost: list[str]
    p: float | None


class Diff(Strict):
    """Two versions beside each other. unchanged: tables whose files are the same."""

    old: str
    new: str
    params: list[ParamChange]
    tables: list[TableDiff]
    unchanged: list[str]
    scores: list[ScoreChange]
