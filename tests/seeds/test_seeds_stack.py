"""The Stack's schema, read by `datasets` from local files."""

import json
from pathlib import Path

import datasets
import huggingface_hub.constants
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.errors import ConfigError, DataError, MissingError
from codepref.seeds.config import StackColumns, StackSource
from codepref.seeds.hub import stream_rows
from codepref.seeds.sources import SourceFile, UnusableFile
from codepref.seeds.stack import spdx, stack_files

ROWS = [
    {
        "hexsha": "ab12",
        "content": "x = 1\r\n",
        "max_stars_repo_name": "ann/tools",
        "max_stars_repo_path": "src/a.py",
        "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
    },
    {
        "hexsha": "cd34",
        "content": "y" * 50,
        "max_stars_repo_name": "bob/lib",
        "max_stars_repo_path": "b.py",
        "max_stars_repo_licenses": ["BSD-3-Clause"],
    },
]


def source(folder: Path, **changes: object) -> StackSource:
    columns = StackColumns(
        content="content",
        repository="max_stars_repo_name",
        path="max_stars_repo_path",
        licences="max_stars_repo_licenses",
        hexsha="hexsha",
    )
    values: dict[str, object] = {
        "kind": "stack",
        "repo": str(folder),
        "revision": None,
        "data_dir": "data/python",
        "split": "train",
        "max_files": 0,
        "columns": columns,
    }
    return StackSource.model_validate(values | changes)


@pytest.fixture(params=["parquet", "jsonl"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    data = tmp_path / "stack" / "data" / "python"
    data.mkdir(parents=True)
    if request.param == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), data / "part.parquet")
    else:
        (data / "part.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path / "stack"


def test_rows_keep_repository_path_commit_and_licences(folder: Path) -> None:
    first, second = stack_files(source(folder), 40)
    assert isinstance(first, SourceFile)
    assert (first.text, first.source) == ("x = 1\n", "folder stack")
    assert (first.path, first.licence) == ("ann/tools/src/a.py@ab12", "Apache-2.0 AND MIT")
    assert isinstance(second, UnusableFile)
    assert second.rule == "file_too_large"


def test_no_more_files_are_read_than_asked_for(folder: Path) -> None:
    assert len(list(stack_files(source(folder, max_files=1), 100))) == 1


def test_a_missing_column_is_named_with_those_there(folder: Path) -> None:
    columns = source(folder).columns.model_copy(update={"content": "text"})
    with pytest.raises(DataError, match=r"row 1: no column text; the row has content, hexsha"):
        list(stack_files(source(folder, columns=columns), 100))


def test_a_torn_parquet_file_is_a_data_error(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "part.parquet")
    whole = (tmp_path / "part.parquet").read_bytes()
    (tmp_path / "part.parquet").write_bytes(whole[:-20])
    with pytest.raises(DataError, match="corrupted"):
        list(stack_files(source(tmp_path, data_dir=None), 100))


def test_a_split_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match="Available splits"):
        list(stack_files(source(folder, split="test"), 100))


def stream(revision: str | None) -> list[dict[str, object]]:
    rows = stream_rows("nobody/nothing", revision=revision, data_dir=None, split="train", limit=1)
    return list(rows)


def test_a_hub_data_set_needs_a_revision() -> None:
    with pytest.raises(ConfigError, match="revision"):
        stream(None)


def test_offline_the_data_set_and_the_way_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingError, match=r"'nobody/nothing' \(revision 0ab1\).*name its folder"):
        stream("0ab1")


@pytest.mark.parametrize(
    ("licences", "expression"),
    [("MIT", "MIT"), ([], "unknown"), (None, "unknown"), ("", "unknown")],
)
def test_no_licence_is_unknown(licences: object, expression: str) -> None:
    assert spdx(licences) == expression
