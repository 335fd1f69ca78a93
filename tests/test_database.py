"""Queries on tables."""

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.database import database
from codepref.errors import DataError
from codepref.records import Record
from codepref.tables import write_table


class Row(Record):
    row_id: str
    group: int


class Coloured(Record):
    row_id: str
    colour: Literal["red", "blue"]
    note: str | None


def table(folder: Path, n: int) -> Path:
    path = folder / "t.parquet"
    write_table(path, [Row(row_id=f"{i:06}", group=i % 3) for i in range(n)], Row)
    return path


def test_a_query_gives_its_rows(tmp_path: Path) -> None:
    with database() as db:
        db.attach("t", table(tmp_path, 10), Row)
        found = db.rows('SELECT "group", count(*) FROM t GROUP BY 1 ORDER BY 1')
    assert found == [(0, 4), (1, 3), (2, 3)]


def test_batches_are_in_the_order_asked_for_and_cover_every_row(tmp_path: Path) -> None:
    with database() as db:
        db.attach("t", table(tmp_path, 25_000), Row)
        batches = list(db.batches("SELECT row_id FROM t ORDER BY row_id DESC"))
    assert len(batches) > 1
    found = [name for batch in batches for name in batch.column(0).to_pylist()]
    assert found == [f"{i:06}" for i in reversed(range(25_000))]


def test_a_table_of_other_rows_is_refused(tmp_path: Path) -> None:
    class Other(Record):
        row_id: str
        text: str

    with database() as db, pytest.raises(DataError, match="holds rows of Row, expected Other"):
        db.attach("t", table(tmp_path, 1), Other)


def test_a_file_torn_in_the_middle_is_named(tmp_path: Path) -> None:
    path = table(tmp_path, 25_000)
    content = bytearray(path.read_bytes())
    content[1000:2000] = bytes(1000)
    path.write_bytes(content)
    with database() as db, pytest.raises(DataError, match=r"t\.parquet: a table cannot be read"):
        db.attach("t", path, Row)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("colour", ["red", "green"], "colour of row b is 'green', expected one of red, blue"),
        ("colour", ["red", None], "colour of row b is None"),
        ("row_id", ["a", "a"], "t.parquet: a of row_id stands in several rows"),
    ],
)
def test_a_row_that_breaks_its_class_is_named(
    tmp_path: Path, column: str, values: list[str | None], message: str
) -> None:
    path = tmp_path / "t.parquet"
    rows = [Coloured(row_id=name, colour="red", note=None) for name in "ab"]
    write_table(path, rows, Coloured)
    found = pq.read_table(path)
    place = found.column_names.index(column)
    pq.write_table(found.set_column(place, column, pa.array(values)), path)
    with database() as db, pytest.raises(DataError, match=message):
        db.attach("t", path, Coloured)


def test_a_null_where_one_may_be_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, [Coloured(row_id="a", colour="blue", note=None)], Coloured)
    with database() as db:
        db.attach("t", path, Coloured)
        assert db.rows("SELECT colour FROM t") == [("blue",)]
