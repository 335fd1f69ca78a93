"""What a score owes to the wording of the prompt."""

from codepref.report.noise import Estimate, score_cell
from codepref.report.numbers import Numbers, ScoredLeaf, Study, part
from codepref.report.tables import NONE

WORDINGS = ("benchmark", "model", "start", "variant", "tasks", "score by wording", "range")
ONE = "one wording"


class WordingScore(Numbers):
    """pass@1 in one wording, over the tasks that are put in every wording."""

    n_tasks: int
    pass_at_1: float | None
    low: float | None
    high: float | None


class ByWording(Numbers):
    """The same variant and benchmark, by wording."""

    by_wording: dict[str, WordingScore]


def wording_cells(study: Study) -> list[list[str]]:
    """Give a line for each variant of each start on each benchmark."""
    return [_line(row, _by_wording(study, row)) for row in study.scores]


def _by_wording(study: Study, row: ScoredLeaf) -> dict[str, WordingScore]:
    file = f"score_benchmark/{row.leaf.start_key}.json"
    return part(study, file, ByWording, row.benchmark, row.leaf.variant).by_wording


def _line(row: ScoredLeaf, found: dict[str, WordingScore]) -> list[str]:
    return [
        row.benchmark,
        row.leaf.model,
        row.leaf.start,
        row.leaf.variant,
        ", ".join(sorted({str(one.n_tasks) for one in found.values()})) or NONE,
        "; ".join(f"{name} {score_cell(_estimate(one))}" for name, one in sorted(found.items())),
        _range(found),
    ]


def _estimate(one: WordingScore) -> Estimate:
    value, low, high = (
        None if share is None else 100 * share for share in (one.pass_at_1, one.low, one.high)
    )
    return Estimate(unit="pass@1", value=value, low=low, high=high)


def _range(found: dict[str, WordingScore]) -> str:
    if len(found) < 2:
        return ONE
    known = [one.pass_at_1 for one in found.values() if one.pass_at_1 is not None]
    return f"{100 * (max(known) - min(known)):.1f}" if len(known) == len(found) else NONE
