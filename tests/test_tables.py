"""Tables as Parquet."""

import hashlib
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.errors import DataError, MissingError
from codepref.records import Record, content_id
from codepref.tables import read_table, write_table


class Row(Record):
    row_id: str
    score: float
    note: str | None
    tags: list[str]


ROWS = [Row(row_id=f"r{i}", score=i / 3, note=None, tags=["a"]) for i in range(5)]


def test_rows_come_back_in_order_of_id(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, reversed(ROWS), Row)
    assert read_table(path, Row) == ROWS


def test_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for n, rows in enumerate((ROWS, ROWS[::-1])):
        write_table(tmp_path / f"{n}.parquet", rows, Row)
        digests.add(hashlib.sha256((tmp_path / f"{n}.parquet").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_many_rows_in_any_order_are_sorted_and_give_the_same_bytes(tmp_path: Path) -> None:
    """More than two row groups' worth, each waiting in a file of its own."""
    rows = [Row(row_id=f"r{i:05}", score=i / 3, note=str(i), tags=[]) for i in range(23_456)]
    shuffled = random.Random(0).sample(rows, len(rows))
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, some in zip(paths, (rows, shuffled), strict=True):
        write_table(path, iter(some), Row)
    assert read_table(paths[1], Row) == rows
    assert paths[0].read_bytes() == paths[1].read_bytes()
    groups = pq.ParquetFile(paths[0])
    sizes = [groups.metadata.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert sizes == [10_000, 10_000, 3_456]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


def test_an_empty_table_keeps_its_schema(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [], Row)
    assert read_table(tmp_path / "t.parquet", Row) == []


def test_two_rows_of_one_id_are_refused_and_the_old_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    with pytest.raises(DataError, match="1 ids of row_id occur twice, first r0"):
        write_table(path, [*ROWS, ROWS[0]], Row)
    assert read_table(path, Row) == ROWS


def test_a_torn_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"t\.parquet: not a whole Parquet file.*dvc repro"):
        read_table(path, Row)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "none.parquet", Row)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    pq.write_table(pq.read_table(path).drop_columns(["score"]), path)
    with pytest.raises(DataError, match="no column score; a table of Row has row_id, score"):
        read_table(path, Row)


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    table = pq.read_table(path)
    texts = pa.array([str(i) for i in range(5)])
    pq.write_table(table.set_column(1, "score", texts), path)
    with pytest.raises(DataError, match=r"score is string, expected double: one of another"):
        read_table(path, Row)


def test_a_value_out_of_its_set_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    table = pq.read_table(path)
    nulls = pa.array([None] * 5, pa.float64())
    pq.write_table(table.set_column(1, "score", nulls), path)
    with pytest.raises(DataError, match=r"0\.score: Input should be a valid number"):
        read_table(path, Row)


def test_a_table_of_other_rows_is_named(tmp_path: Path) -> None:
    class Other(Row):
        pass

    write_table(tmp_path / "t.parquet", ROWS, Row)
    with pytest.raises(DataError, match="holds rows of Row, expected Other"):
        read_table(tmp_path / "t.parquet", Other)


def test_two_rows_of_one_id_are_refused_on_reading_too(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table[:1]]), path)
    with pytest.raises(DataError, match=r"t\.parquet: 1 ids of row_id occur twice, first r0"):
        read_table(path, Row)


def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, ROWS, Row)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "ParquetWriter", full)
    with pytest.raises(MissingError, match="the disk is full, nothing was replaced"):
        write_table(path, ROWS[:1], Row)
    assert read_table(path, Row) == ROWS
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_an_id_depends_on_every_part_and_on_their_order() -> None:
    ids = {content_id("a", 1), content_id("a", 2), content_id(1, "a"), content_id("a", "1")}
    assert len(ids) == 4
    assert content_id("a", 1) == content_id("a", 1)
    assert len(content_id("a")) == 20
