"""Make MLflow runs of leaf cells: everything a number stands on, in one flat run."""

from collections.abc import Mapping, Sequence

from codepref.lineage.ancestry import ancestry, evaluation, lineage_key, own_params
from codepref.lineage.leaf import Leaf
from codepref.lineage.lock import Artifact, Entry, Lock, flatten
from codepref.lineage.repository import Revision
from codepref.lineage.tracking import LIVE_KEY, Dataset, LeafRun
from codepref.records import Json
from codepref.schema import Strict

METRIC_SUFFIXES = (".json", ".csv")


class Origin(Strict):
    """Where the runs are published from.

    Attributes:
        experiment: name that DVC gave it, None outside experiments.
        live_runs: ids of the training runs in the store, by their content key.
    """

    revision: Revision
    experiment: str | None
    report_sha256: str
    live_runs: dict[str, str]


def leaf_run(
    lock: Lock, leaf: Leaf, numbers: Mapping[str, Json], benchmarks: Sequence[str], origin: Origin
) -> LeafRun:
    """Make the run of one leaf. Its name and tags tell the cell, its key the whole ancestry.

    The numbers are the leaf's own, nested; texts and lists in them are no metrics.

    Raises:
        DataError: a stage of the ancestry has never run.
    """
    entries = [*evaluation(lock, leaf, benchmarks), *ancestry(lock, leaf, benchmarks)]
    outs = [(entry, out) for entry in entries for out in entry.outs]
    return LeafRun(
        name=leaf.name,
        key=lineage_key(lock, leaf, benchmarks, numbers),
        tags={
            **_cell(leaf),
            **{f"md5:{out.path}": out.md5 for _, out in outs},
            "git.commit": origin.revision.commit,
            "mlflow.source.git.commit": origin.revision.commit,
            "git.dirty": str(origin.revision.dirty).lower(),
            "report.sha256": origin.report_sha256,
            **_live(numbers, origin),
            **({"dvc.exp": origin.experiment} if origin.experiment else {}),
        },
        params={**_cell(leaf), **_params(entries)},
        metrics=flat_numbers(numbers),
        datasets=[_dataset(entry, out) for entry, out in outs if not _is_metric(out)],
    )


def flat_numbers(numbers: Mapping[str, Json], prefix: str = "") -> dict[str, float]:
    """Give the numbers by path, "humaneval/pass_at_1"; booleans, texts and lists are none."""
    flat: dict[str, float] = {}
    for name, value in numbers.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat.update(flat_numbers(value, f"{path}/"))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            flat[path] = float(value)
    return flat


def _cell(leaf: Leaf) -> dict[str, str]:
    named = {"model": leaf.model, "start": leaf.start, "variant": leaf.variant}
    if leaf.cell is None:
        return named
    pairs = leaf.cell.generator or leaf.start_key
    return {**named, "method": leaf.cell.method, "seed": str(leaf.cell.seed), "pairs": pairs}


def _live(numbers: Mapping[str, Json], origin: Origin) -> dict[str, str]:
    """Name the training run whose curves belong to the leaf, if it was logged to this store."""
    training = numbers.get("align")
    key = training.get("live_key") if isinstance(training, Mapping) else None
    if not isinstance(key, str):
        return {}
    run_id = origin.live_runs.get(key)
    return {LIVE_KEY: key, **({"codepref.live_run": run_id} if run_id else {})}


def _params(entries: Sequence[Entry]) -> dict[str, str]:
    return {
        name: text
        for entry in reversed(entries)
        for name, text in flatten(own_params(entry)).items()
    }


def _dataset(entry: Entry, out: Artifact) -> Dataset:
    return Dataset(name=out.path, digest=out.md5, context=entry.stage)


def _is_metric(out: Artifact) -> bool:
    return out.path.endswith(METRIC_SUFFIXES)
