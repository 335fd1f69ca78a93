"""Scores in both versions, over the tasks that both have."""

from codepref.benchmarks.rates import UNNAMED_WORDING, UNSCORED
from codepref.database import Database
from codepref.diff.rows import ScoreChange
from codepref.statistics.paired import discordant, exact_p, gains

Rates = dict[str, tuple[float, float]]
"""Pass rates in the old and the new version, by task."""

WORDING = f"coalesce(wording, '{UNNAMED_WORDING}') AS wording"
RATES = f"""
    SELECT variant, benchmark, {WORDING}, task_id, avg((verdict = 'passed')::INT) AS rate
    FROM {{side}}_results WHERE verdict != ? GROUP BY 1, 2, 3, 4
"""
BOTH = f"""
    SELECT variant, benchmark, wording, task_id, o.rate, n.rate
    FROM ({RATES.format(side="old")}) o JOIN ({RATES.format(side="new")}) n
        USING (variant, benchmark, wording, task_id)
    ORDER BY 1, 2, 3, 4
"""
CELLS = f"SELECT DISTINCT variant, benchmark, {WORDING} FROM {{side}}_results"


def compare_scores(db: Database, start: str) -> list[ScoreChange]:
    """Compare each variant, benchmark and wording that both versions of a start have, in order.

    Args:
        db: with the views old_results and new_results of the start.
        start: its key.
    """
    cells = db.rows(f"{CELLS.format(side='old')} INTERSECT {CELLS.format(side='new')} ORDER BY ALL")
    rates: dict[tuple[str, str, str], Rates] = {cell: {} for cell in cells}
    for variant, benchmark, wording, task_id, old, new in db.rows(BOTH, [UNSCORED, UNSCORED]):
        rates[variant, benchmark, wording][task_id] = (old, new)
    return [_change(start, *cell, tasks) for cell, tasks in rates.items()]


def _change(start: str, variant: str, benchmark: str, wording: str, tasks: Rates) -> ScoreChange:
    if not tasks:
        nothing: dict[str, None] = dict.fromkeys(("old", "new", "p"))
        return ScoreChange(
            start=start,
            variant=variant,
            benchmark=benchmark,
            wording=wording,
            n_tasks=0,
            gained=[],
            lost=[],
            **nothing,
        )
    old = {task_id: rates[0] for task_id, rates in tasks.items()}
    new = {task_id: rates[1] for task_id, rates in tasks.items()}
    differences = gains(old, new)
    return ScoreChange(
        start=start,
        variant=variant,
        benchmark=benchmark,
        wording=wording,
        n_tasks=len(tasks),
        old=sum(old.values()) / len(old),
        new=sum(new.values()) / len(new),
        gained=[task_id for task_id, difference in differences.items() if difference > 0],
        lost=[task_id for task_id, difference in differences.items() if difference < 0],
        p=exact_p(discordant(differences)),
    )
