"""Rows of a data set, streamed from a hub or read from a folder. The importer of `datasets` here.

The folder holds Parquet or JSONL files; a hub copy is not kept.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import datasets
from datasets.exceptions import DatasetNotFoundError, DatasetsError
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from codepref.errors import ConfigError, DataError, MissingError


def stream_rows(
    repo: str, *, revision: str | None, data_dir: str | None, split: str, limit: int
) -> Iterator[dict[str, Any]]:
    """Give the first `limit` rows of a split, in the data set's order; 0 for all.

    Raises:
        ConfigError: a hub data set without a revision: its rows would change with time.
        MissingError: the hub cannot be reached, or does not give this data set to us.
        DataError: a file of the data set is torn, or there is no such split.
    """
    if revision is None and not Path(repo).is_dir():
        raise ConfigError(
            f"data set {repo!r}: no such folder, and a hub data set needs a `revision`: give the "
            "commit whose rows are wanted"
        )
    try:
        rows = datasets.load_dataset(
            repo, data_dir=data_dir, revision=revision, split=split, streaming=True
        )
        yield from islice(rows, limit or None)
    except (ConnectionError, OfflineModeIsEnabled, HfHubHTTPError, DatasetNotFoundError) as error:
        if Path(repo).is_dir():
            raise DataError(f"{repo}: {_line(error)}") from error
        raise MissingError(
            f"data set {repo!r} (revision {revision}) cannot be fetched: {_line(error)}; "
            "connect to the hub, or download it and name its folder as `repo`, or drop this source"
        ) from error
    except (DatasetsError, ValueError, FileNotFoundError) as error:
        raise DataError(f"data set {repo!r}, split {split!r}: {_line(error)}") from error


def source_name(repo: str, revision: str | None) -> str:
    """What rows give as their source: repository and revision, or a folder's name alone."""
    return f"{repo} {revision}" if revision is not None else f"folder {Path(repo).name}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
