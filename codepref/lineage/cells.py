"""What DVC and MLflow each hold of a leaf cell, in one form, so that the two can be compared."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from codepref.config import PARAMS, load_section
from codepref.errors import ConfigError, DataError, MissingError
from codepref.grid import Grid
from codepref.lineage.leaf import leaves
from codepref.lineage.lock import DVC_LOCK, read_lock
from codepref.lineage.numbers import leaf_numbers
from codepref.lineage.publish import Origin, leaf_run
from codepref.lineage.repository import Revision
from codepref.lineage.revisions import Snapshot, snapshots
from codepref.lineage.tracking import LEAVES, LINEAGE_KEY, open_store, store_exists, tracking_uri
from codepref.schema import Strict

if TYPE_CHECKING:
    from mlflow.entities import Run

MAX_REASON = 300  # characters of another library's message
PARAM_NAME = re.compile(r"[\w./-]+")
# A run of stage publish says where it comes from; nothing of that is read here.
NOWHERE = Origin(
    revision=Revision(commit="", dirty=False), experiment=None, report_sha256="", live_runs={}
)


class Cell(Strict):
    """A leaf as one source knows it.

    Attributes:
        name: in DVC an experiment, "workspace" or a commit; in MLflow the id of a run.
        params: by dotted name, of all that the leaf stands on; model, start and variant too.
        metrics: by path, such as "humaneval/pass_at_1".
    """

    source: Literal["dvc", "mlflow"]
    name: str
    params: dict[str, str]
    metrics: dict[str, float]


class PublishedRun(Strict):
    """A run of MLflow, as stage publish names and tags it."""

    run_id: str
    name: str
    tags: dict[str, str]


class Recorded(Strict):
    """The cells of DVC, and of each revision that gave none, why."""

    cells: list[Cell]
    n_experiments: int
    left_out: list[str]


def recorded_cells() -> Recorded:
    """Give the leaves of every experiment, of the workspace and of HEAD, in this order.

    Params are those of dvc.lock, which made the numbers, and not of params.yaml, which may have
    been edited since: each cell is the very run that stage publish would write.

    Raises:
        ConfigError: this is no repository of DVC.
    """
    cells: list[Cell] = []
    left_out: list[str] = []
    n_experiments = 0
    with tempfile.TemporaryDirectory() as scratch:
        for snapshot in snapshots(Path(scratch)):
            n_experiments += snapshot.is_experiment
            try:
                cells += _leaves_of(snapshot)
            except (DataError, ConfigError) as error:
                reason = str(error).replace(f"{snapshot.folder}/", "")
                left_out.append(f"{snapshot.name}: {reason}")
    return Recorded(cells=cells, n_experiments=n_experiments, left_out=left_out)


def published_cells(param: str | None = None) -> list[Cell]:
    """Give the runs of MLflow that hold a param, or all, newest first; none without a store.

    Raises:
        ConfigError: no param can have this name.
        MissingError: the store cannot be opened or read.
    """
    if param is not None and not PARAM_NAME.fullmatch(param):
        raise ConfigError(f"{param!r} names no param; expected a name such as align.dpo.beta")
    query = f"params.`{param}` LIKE '%'" if param else ""
    return [
        Cell(
            source="mlflow",
            name=run.info.run_id,
            params=run.data.params,
            metrics=run.data.metrics,
        )
        for run in _search(query)
    ]


def published_runs() -> list[PublishedRun]:
    """Give every run of MLflow, newest first; none without a store.

    Raises:
        MissingError: the store cannot be opened or read.
    """
    return [
        PublishedRun(run_id=run.info.run_id, name=run.info.run_name, tags=run.data.tags)
        for run in _search("")
    ]


def _search(query: str) -> "list[Run]":
    if not store_exists():
        return []

    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        open_store()  # quiet and migrated
        return list(_pages(query))
    except (MlflowException, SQLAlchemyError) as error:
        reason = " ".join(str(error).split())[:MAX_REASON]
        raise MissingError(f"MLflow store {tracking_uri()}: cannot be read: {reason}") from error


def _pages(query: str) -> "Iterator[Run]":
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking_uri())
    experiment = client.get_experiment_by_name(LEAVES)
    token: str | None = None
    while experiment and token != "":
        page = client.search_runs([experiment.experiment_id], query, page_token=token)
        for run in page:
            if LINEAGE_KEY in run.data.tags:  # or a killed publish left it
                yield run
        token = page.token or ""


def _leaves_of(snapshot: Snapshot) -> list[Cell]:
    grid = load_section("grid", Grid, snapshot.folder / PARAMS)
    lock = read_lock(snapshot.folder / DVC_LOCK)
    metrics = snapshot.folder / lock.metrics_folder()
    runs = [
        leaf_run(lock, leaf, leaf_numbers(metrics, leaf, grid), grid.benchmarks, NOWHERE)
        for leaf in leaves(grid)
    ]
    return [
        Cell(source="dvc", name=snapshot.name, params=run.params, metrics=run.metrics)
        for run in runs
    ]
