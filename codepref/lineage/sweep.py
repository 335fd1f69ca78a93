"""One table of a sweep: what a param does to a score, as DVC's experiments and MLflow have it."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from codepref.errors import ConfigError, DataError, MissingError
from codepref.lineage.cells import Cell, Recorded, published_cells, recorded_cells
from codepref.lineage.tracking import MAX_VALUE, store_exists, tracking_uri
from codepref.schema import Strict

# Metrics whose neighbours `low` and `high` are their interval, by score_benchmark, compare_models.
WITH_INTERVAL = ("pass_at_1", "difference")
N_NAMES = 8  # that a message lists


class SweptRow(Strict):
    """A leaf at one value of the param. What neither source has is None.

    Attributes:
        difference: score less that of the start's baseline, tasks paired.
        dvc: experiments, "workspace", commit that hold it; empty if none does.
        mlflow: ids of runs that hold it, newest first; empty if none does.
    """

    value: str
    model: str
    start: str
    variant: str
    score: float | None
    low: float | None
    high: float | None
    difference: float | None
    dvc: list[str]
    mlflow: list[str]


class Sweep(Strict):
    """The table, by value, model, start and variant, and what a reader must know of it."""

    param: str
    metric: str
    rows: list[SweptRow]
    notes: list[str]


def read_sweep(param: str, metric: str) -> Sweep:
    """Read the sweep of a param from both sources.

    Raises:
        ConfigError: this is no repository of DVC, neither source has the param, or no cell that
            it concerns the metric.
        DataError: the sources give one cell two scores.
        MissingError: no source holds any cell, or the store cannot be opened.
    """
    published = published_cells(param)
    recorded = recorded_cells()
    concerned = [cell for cell in [*recorded.cells, *published] if param in cell.params]
    if not concerned:
        raise _nothing(param, [*recorded.cells, *published_cells()], recorded.left_out)
    if not any(metric in cell.metrics for cell in concerned):
        names = {name for cell in concerned for name in cell.metrics}
        raise ConfigError(f"no cell has a metric {metric!r}; near it: {_nearest(metric, names)}")
    rows = join(concerned, param, metric)
    return Sweep(
        param=param,
        metric=metric,
        rows=rows,
        notes=[*_unmatched(rows), *_other_params(concerned, param), *_sources(recorded, param)],
    )


def join(cells: Sequence[Cell], param: str, metric: str) -> list[SweptRow]:
    """Put cells of equal params and equal score on one row, whichever source they come from.

    Raises:
        DataError: one source has a cell of these params with another score than the other has.
    """
    settings: defaultdict[frozenset[tuple[str, str]], list[Cell]] = defaultdict(list)
    for cell in cells:
        settings[_setting(cell)].append(cell)
    rows = [row for alike in settings.values() for row in _rows(alike, param, metric)]
    return sorted(rows, key=_order)


def _rows(alike: Sequence[Cell], param: str, metric: str) -> list[SweptRow]:
    """Give one row for each score that cells of equal params have."""
    scores: defaultdict[float | None, list[Cell]] = defaultdict(list)
    for cell in alike:
        scores[_score(cell, metric)].append(cell)
    _refuse_two_scores(list(scores.values()), param, metric)
    return [_row(same, param, metric) for same in scores.values()]


def _refuse_two_scores(groups: Sequence[Sequence[Cell]], param: str, metric: str) -> None:
    """Stop where each source has a score that the other lacks.

    Older runs of the same params are no contradiction once MLflow also has DVC's own score.
    """
    alone = {}
    for group in groups:
        sources = {cell.source for cell in group}
        if len(sources) == 1:
            alone[sources.pop()] = group[0]
    if len(alone) < 2:
        return
    ours, theirs = alone["dvc"], alone["mlflow"]
    leaf = "-".join(ours.params[axis] for axis in ("model", "start", "variant"))
    raise DataError(
        f"{leaf} at {param}={ours.params[param]} has two scores: {metric} is "
        f"{_score(ours, metric)} in DVC ({ours.name}) and {_score(theirs, metric)} in MLflow "
        f"(run {theirs.name}); `dvc repro`, then "
        "`dvc repro -s -f publish` there publish DVC's, or delete the run"
    )


def _row(same: Sequence[Cell], param: str, metric: str) -> SweptRow:
    first = same[0]
    group, _, last = metric.rpartition("/")
    interval = last in WITH_INTERVAL
    return SweptRow(
        value=first.params[param],
        model=first.params["model"],
        start=first.params["start"],
        variant=first.params["variant"],
        score=_score(first, metric),
        low=first.metrics.get(f"{group}/low") if interval else None,
        high=first.metrics.get(f"{group}/high") if interval else None,
        difference=(
            first.metrics.get(f"{group}/against_baseline/difference")
            if last == "pass_at_1"
            else None
        ),
        dvc=list(dict.fromkeys(cell.name for cell in same if cell.source == "dvc")),
        mlflow=[cell.name for cell in same if cell.source == "mlflow"],
    )


def _score(cell: Cell, metric: str) -> float | None:
    """Give the score to 6 digits, as metrics are written; None where nothing was scored."""
    score = cell.metrics.get(metric)
    return None if score is None else round(score, 6)


def _setting(cell: Cell) -> frozenset[tuple[str, str]]:
    """Give what makes cells of two sources one cell; MLflow cuts texts over its limit."""
    return frozenset(item for item in cell.params.items() if len(item[1]) < MAX_VALUE)


def _order(row: SweptRow) -> tuple[bool, float, str, str, str, str, float]:
    """Order by value, numbers first and by size."""
    try:
        number, text = float(row.value), ""
    except ValueError:
        number, text = 0.0, row.value
    score = -1.0 if row.score is None else row.score
    return bool(text), number, text, row.model, row.start, row.variant, score


def _unmatched(rows: Sequence[SweptRow]) -> list[str]:
    unpublished = sum(not row.mlflow for row in rows)
    unrecorded = sum(not row.dvc for row in rows)
    notes = []
    if unpublished:
        unfinished = "publish did not run there, so a score may be older than its params"
        why = unfinished if store_exists() else f"there is no store {tracking_uri()}"
        notes.append(f"{_rows_text(unpublished)} not in MLflow: {why}")
    if unrecorded:
        why = "the experiment was removed, or its commit is not HEAD"
        notes.append(f"{_rows_text(unrecorded)} not in DVC: {why}")
    return notes


def _rows_text(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _other_params(cells: Sequence[Cell], param: str) -> list[str]:
    """Name the further params in which cells of one leaf differ: such rows compare two things."""
    values: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for cell in cells:
        leaf = tuple(cell.params[axis] for axis in ("model", "start", "variant"))
        for name, value in cell.params.items():
            values[(*leaf, name)].add(value)
    names = sorted({key[-1] for key, found in values.items() if len(found) > 1} - {param})
    further = f" and {len(names) - N_NAMES} more" if len(names) > N_NAMES else ""
    return [f"rows also differ in {', '.join(names[:N_NAMES])}{further}"] if names else []


def _sources(recorded: Recorded, param: str) -> list[str]:
    notes = [f"left out: {reason}" for reason in recorded.left_out]
    if not recorded.n_experiments:
        name = param if "." in param else "<section>.<param>"  # model, start, ... are no params
        notes.append(f"no experiments in DVC: `dvc exp run --queue -S '{name}=...'` queues some")
    return notes


def _nothing(
    param: str, cells: Sequence[Cell], left_out: Sequence[str]
) -> ConfigError | MissingError:
    """Give the error of a param that no cell has."""
    if not cells:
        why = "; ".join(left_out)
        return MissingError(f"no results to compare in DVC or in {tracking_uri()}: {why}")
    names = {name for cell in cells for name in cell.params}
    return ConfigError(
        f"no result in DVC or MLflow stands on a param {param!r}; of {len(names)} params near it: "
        f"{_nearest(param, names)}"
    )


def _nearest(name: str, names: Iterable[str]) -> str:
    """Name those that lie below the name, else those spelled most alike."""
    known = sorted(names)
    below = [other for other in known if other.startswith(f"{name}.")]
    alike = difflib.get_close_matches(name, known, n=N_NAMES, cutoff=0.4)
    return ", ".join(below[:N_NAMES] or alike or known[:N_NAMES]) or "none"
