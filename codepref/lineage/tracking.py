"""The MLflow store: opened once under a lock, written as whole runs or live. Imports mlflow lazily.

MLflow is a view of the study, never part of it: no output holds a run id. Two processes that open
a fresh SQLite store at once break its migration, and an experiment keeps the folder it was made in
as its artifact folder, so both are made under a file lock in the root of the workspace.
"""

import fcntl
import json
import logging
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from codepref.errors import MissingError
from codepref.records import Json, digest
from codepref.schema import Strict
from codepref.workspace import state_dir, workspace_root

if TYPE_CHECKING:
    from mlflow import MlflowClient

LEAVES = "codepref"
TRAINING = "codepref-training"
LINEAGE_KEY = "lineage.sha256"
LIVE_KEY = "codepref.live_key"
# Lets MLflow's pages open on runs and metrics; the words are those of the pages themselves.
KIND_KEY, KIND = "mlflow.experimentKind", "custom_model_development"
PENDING_KEY = "codepref.pending"
MAX_VALUE = 8_000  # characters in a tag or param, mlflow.utils.validation
MAX_BATCH = 100  # params or tags in one request, mlflow.utils.validation
MAX_METRICS = 1_000  # metrics in one request, mlflow.utils.validation
SQLITE = "sqlite:///"

logger = logging.getLogger(__name__)


class Dataset(Strict):
    """A file that a run stands on: its path, DVC's md5 and the stage that made it."""

    name: str
    digest: str
    context: str


class LeafRun(Strict):
    """One published cell. Equal keys mean equal runs."""

    name: str
    key: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    datasets: list[Dataset]


class Store:
    """One experiment of an MLflow store."""

    def __init__(self, client: "MlflowClient", experiment_id: str) -> None:
        self._client = client
        self._experiment_id = experiment_id

    def find(self, tag: str, value: str) -> list[str]:
        """Give the ids of the runs that carry a tag value, newest first."""
        found = self._client.search_runs([self._experiment_id], f"tags.`{tag}` = '{value}'")
        return [run.info.run_id for run in found]

    def tagged(self, tag: str) -> dict[str, str]:
        """Give run ids by the value of a tag; of two runs with one value the newest."""
        values: dict[str, str] = {}
        token: str | None = None
        while token != "":
            page = self._client.search_runs([self._experiment_id], page_token=token)
            for run in page:
                if tag in run.data.tags:
                    values.setdefault(run.data.tags[tag], run.info.run_id)
            token = page.token or ""
        return values

    def add_missing(self, runs: Sequence[LeafRun]) -> list[LeafRun]:
        """Write the runs whose key is unknown, each whole or not at all, and give those back.

        A run gets its key last. What a killed process left behind has none and is removed here.
        """
        added: list[LeafRun] = []
        with store_lock():
            for run in runs:
                if self.find(LINEAGE_KEY, run.key):
                    continue
                for half in self.find(PENDING_KEY, run.key):
                    self._client.delete_run(half)
                self._write(run)
                added.append(run)
        return added

    def _write(self, run: LeafRun) -> None:
        tags = {PENDING_KEY: run.key, **{name: _clip(value) for name, value in run.tags.items()}}
        first = dict(list(tags.items())[:MAX_BATCH])
        created = self._client.create_run(self._experiment_id, tags=first, run_name=run.name)
        run_id = created.info.run_id
        log_values(self._client, run_id, run.metrics, step=0)
        log_params(self._client, run_id, run.params)
        _log_tags(self._client, run_id, dict(list(tags.items())[MAX_BATCH:]))
        _log_datasets(self._client, run_id, run.datasets)
        self._client.set_tag(run_id, LINEAGE_KEY, run.key)
        self._client.delete_tag(run_id, PENDING_KEY)
        self._client.set_terminated(run_id)


class LiveRun:
    """A run that grows while training runs. A value that cannot be logged warns, never stops.

    Attributes:
        key: the run's content key; written to the metrics, it lets a leaf's run name this one.
    """

    def __init__(
        self, client: "MlflowClient", run_id: str, key: str, done: Mapping[str, int]
    ) -> None:
        self.key = key
        self._client = client
        self._run_id = run_id
        self._done = dict(done)
        self._warned = False

    def log(self, step: int, values: dict[str, float]) -> None:
        """Log values of one step; a step that an interrupted training logged is not repeated."""
        from mlflow.exceptions import MlflowException

        fresh = {name: value for name, value in values.items() if step > self._done.get(name, -1)}
        try:
            log_values(self._client, self._run_id, fresh, step=step)
        except MlflowException as error:
            if not self._warned:
                logger.warning("MLflow does not take live values, training goes on: %s", error)
            self._warned = True


@contextmanager
def live_run(name: str, tags: dict[str, str], params: dict[str, Json]) -> Iterator[LiveRun]:
    """Open the live run of a training cell; it ends FINISHED, or FAILED on an exception.

    The run is keyed by name, tags and params (or by a tag `codepref.live_key` of the caller): an
    unfinished run of the same key goes on, a finished one is replaced.

    Raises:
        MissingError: the store cannot be opened.
    """
    key = tags.get(LIVE_KEY) or digest({"name": name, "tags": tags, "params": params})
    client, experiment_id = _open(TRAINING)
    with store_lock():
        run_id, done = _claim(client, experiment_id, name, {**tags, LIVE_KEY: key})
        log_params(client, run_id, {name: str(value) for name, value in params.items()})
    try:
        yield LiveRun(client, run_id, key, done)
    except BaseException:
        _end(client, run_id, "FAILED")
        raise
    _end(client, run_id, "FINISHED")


def open_store(experiment: str = LEAVES) -> Store:
    """Open the store, and make it and the experiment if they are not there.

    Raises:
        MissingError: the store cannot be opened.
    """
    return Store(*_open(experiment))


def tracking_uri() -> str:
    """Give MLFLOW_TRACKING_URI, else a SQLite file in the root; SQLite paths are absolute."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    if uri.startswith(SQLITE):
        return f"{SQLITE}{workspace_root() / uri.removeprefix(SQLITE)}"
    return uri


def store_exists() -> bool:
    """Say whether there is a store to read; a server is taken to be there."""
    uri = tracking_uri()
    return not uri.startswith(SQLITE) or Path(uri.removeprefix(SQLITE)).exists()


@contextmanager
def store_lock() -> Iterator[None]:
    """Hold the workspace's lock on the store, also against experiments in temporary folders."""
    path = state_dir() / "mlflow.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def log_values(
    client: "MlflowClient", run_id: str, values: Mapping[str, float], *, step: int
) -> None:
    """Log metrics of one step in as few requests as MLflow takes."""
    from mlflow.entities import Metric

    now_ms = int(time.time() * 1000)
    metrics = [Metric(name, value, now_ms, step) for name, value in sorted(values.items())]
    for first in range(0, len(metrics), MAX_METRICS):
        client.log_batch(run_id, metrics=metrics[first : first + MAX_METRICS])


def log_params(client: "MlflowClient", run_id: str, params: Mapping[str, str]) -> None:
    """Log params; a text over MLflow's limit is cut and ends with its own digest."""
    from mlflow.entities import Param

    entries = [Param(name, _clip(value)) for name, value in sorted(params.items())]
    for first in range(0, len(entries), MAX_BATCH):
        client.log_batch(run_id, params=entries[first : first + MAX_BATCH])


def _log_tags(client: "MlflowClient", run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    entries = [RunTag(name, value) for name, value in sorted(tags.items())]
    for first in range(0, len(entries), MAX_BATCH):
        client.log_batch(run_id, tags=entries[first : first + MAX_BATCH])


def _log_datasets(client: "MlflowClient", run_id: str, datasets: Sequence[Dataset]) -> None:
    from mlflow.entities import Dataset as MlflowDataset
    from mlflow.entities import DatasetInput, InputTag

    inputs = [
        DatasetInput(
            MlflowDataset(
                name=item.name,
                digest=item.digest,
                source_type="local",
                source=json.dumps({"uri": item.name}),
            ),
            [InputTag("mlflow.data.context", item.context)],
        )
        for item in datasets
    ]
    if inputs:
        client.log_inputs(run_id, datasets=inputs)


def _open(experiment: str) -> tuple["MlflowClient", str]:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for chatty in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    uri = tracking_uri()
    try:
        with store_lock(), warnings.catch_warnings():
            # MLflow's own models use what SQLAlchemy 2.1 deprecates; nothing for us to mend.
            warnings.simplefilter("ignore", DeprecationWarning)
            client = MlflowClient(tracking_uri=uri)
            return client, _experiment_id(client, experiment)
    except (MlflowException, OSError) as error:
        reason = " ".join(str(error).split())[:500]
        raise MissingError(
            f"MLflow store {uri}: cannot be opened: {reason}; set MLFLOW_TRACKING_URI to a store "
            "that can, or unset it to use mlflow.db in the root of the workspace"
        ) from error


def _experiment_id(client: "MlflowClient", name: str) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    artifacts = (workspace_root() / "mlartifacts" / name).as_uri()
    local = tracking_uri().startswith(SQLITE)
    return str(
        client.create_experiment(
            name, artifact_location=artifacts if local else None, tags={KIND_KEY: KIND}
        )
    )


def _claim(
    client: "MlflowClient", experiment_id: str, name: str, tags: Mapping[str, str]
) -> tuple[str, dict[str, int]]:
    """Give the run to write, and the last step that it has of each metric."""
    query = f"tags.`{LIVE_KEY}` = '{tags[LIVE_KEY]}'"
    for run in client.search_runs([experiment_id], query):
        run_id = str(run.info.run_id)
        if run.info.status == "FINISHED":
            client.delete_run(run_id)
            continue
        client.update_run(run_id, status="RUNNING")
        names = run.data.metrics
        steps = {name: client.get_metric_history(run_id, name) for name in names}
        return run_id, {name: max(point.step for point in steps[name]) for name in names}
    clipped = {tag: _clip(value) for tag, value in tags.items()}
    return str(client.create_run(experiment_id, tags=clipped, run_name=name).info.run_id), {}


def _end(client: "MlflowClient", run_id: str, status: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.set_terminated(run_id, status=status)
    except MlflowException as error:
        logger.warning("MLflow keeps the live run open: %s", error)


def _clip(value: str) -> str:
    if len(value) <= MAX_VALUE:
        return value
    mark = f"... sha256:{digest(value)}"
    return value[: MAX_VALUE - len(mark)] + mark
