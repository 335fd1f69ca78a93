"""What of the data meets benchmark tasks, and the scores over the tasks that it does not meet."""

from collections.abc import Sequence

from codepref.contamination.counts import KINDS, METHODS
from codepref.contamination.rows import Hit
from codepref.report.numbers import Numbers, ScoredLeaf, Study, part
from codepref.report.tables import NONE, interval, p_value, percent, signed

CLEAN = (
    "benchmark",
    "model",
    "start",
    "variant",
    "pass@1 of all",
    "n",
    "pass@1 of clean",
    "interval",
    "n",
    "difference of all",
    "difference of clean",
    "its interval",
    "McNemar p",
)
COUNTS = (
    "generator",
    "benchmark",
    "seeds, instructions, responses",
    "hits in each",
    "by method",
    "removed of each",
    "tasks hit, touched, in all",
)
HITS = ("row", "task", "method", "score", "removed", "excerpt of row", "excerpt of task")
SHOWN = 200  # hits side by side; the table of the generator has all


class TaskCounts(Numbers):
    """Tasks of one benchmark."""

    n_tasks: int
    hit: int
    touched: int


class ContaminationCounts(Numbers):
    """metrics/check_contamination/<generator>.json."""

    rows: dict[str, int]
    hits: dict[str, dict[str, dict[str, int]]]
    removed: dict[str, int]
    tasks: dict[str, TaskCounts]


def clean_cells(study: Study) -> list[list[str]]:
    """Give each score beside that over clean tasks."""
    return [_clean(row) for row in study.scores]


def count_cells(study: Study) -> list[list[str]]:
    """Give a line for each generator and benchmark."""
    found = []
    for key in study.grid.generators:
        counts = part(study, f"check_contamination/{key}.json", ContaminationCounts)
        found += [_counts(key, name, counts) for name in study.grid.searched]
    return found


def hit_cells(hits: Sequence[Hit]) -> list[list[str]]:
    """Give the hits side by side: those that remove a row first, the highest scores first."""
    ordered = sorted(hits, key=lambda hit: (not hit.removes, -hit.score, hit.hit_id))
    return [
        [
            f"{hit.kind} {hit.row_id[:8]}",
            f"{hit.benchmark} {hit.task_id}",
            hit.method,
            f"{hit.score:.2f}",
            "yes" if hit.removes else "no",
            hit.row_text,
            hit.task_text,
        ]
        for hit in ordered[:SHOWN]
    ]


def _clean(row: ScoredLeaf) -> list[str]:
    leaf, score, found = row.leaf, row.score, row.comparison
    return [
        row.benchmark,
        leaf.model,
        leaf.start,
        leaf.variant,
        percent(score.pass_at_1),
        str(score.n_tasks),
        percent(score.clean.pass_at_1),
        interval(score.clean.low, score.clean.high),
        str(score.clean.n_tasks),
        *(
            (
                signed(found.difference),
                signed(found.clean.difference),
                interval(found.clean.low, found.clean.high, plus=True),
                p_value(found.clean.p),
            )
            if found is not None
            else (NONE,) * 4
        ),
    ]


def _counts(key: str, benchmark: str, counts: ContaminationCounts) -> list[str]:
    by_kind = {kind: counts.hits[kind][benchmark] for kind in KINDS}
    by_method = {method: sum(some[method] for some in by_kind.values()) for method in METHODS}
    tasks = counts.tasks[benchmark]
    return [
        key,
        benchmark,
        ", ".join(str(counts.rows[kind]) for kind in KINDS),
        ", ".join(str(sum(some.values())) for some in by_kind.values()),
        ", ".join(f"{method} {n}" for method, n in by_method.items()),
        ", ".join(str(counts.removed[kind]) for kind in KINDS),
        f"{tasks.hit}, {tasks.touched}, {tasks.n_tasks}",
    ]
