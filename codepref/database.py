"""DuckDB on Parquet tables: joins and sorts of more rows than fit in memory. Its only importer."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import duckdb
import pyarrow as pa

from codepref.errors import DataError, MissingError
from codepref.records import Record
from codepref.tables import arrow_schema, check_table, id_field, read_schema

MEMORY_LIMIT_MIB = 2048  # what does not fit goes to a temporary folder
THREADS = 2
ROWS_PER_BATCH = 10_000


class Database:
    """One connection. SQL is written by this package alone, values go in as parameters.

    A query without ORDER BY gives its rows in no fixed order.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def attach(self, name: str, path: Path, row_type: type[Record]) -> None:
        """Make a table of records a view of that name.

        Raises:
            DataError: see tables.check_table; also, two rows have one id, or a column holds null or
                a word that its type does not allow.
        """
        check_table(path, row_type)
        with _clear_errors():
            self._connection.read_parquet(str(path)).create_view(name, replace=True)
        key = id_field(row_type)
        wrong = {
            column: condition
            for column, field in row_type.model_fields.items()
            if (condition := _wrong(column, field.annotation))
        }
        counted = "".join(f", count(*) FILTER (WHERE {condition})" for condition in wrong.values())
        query = f'SELECT count(*), count(DISTINCT "{key}"){counted} FROM "{name}"'
        try:
            ((rows, ids, *faults),) = self.rows(query)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
        if rows != ids:
            query = (
                f'SELECT "{key}" FROM "{name}" GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1'
            )
            raise DataError(f"{path}: {self.rows(query)[0][0]} of {key} stands in several rows")
        for (column, condition), n in zip(wrong.items(), faults, strict=True):
            if n:
                self._complain(name, path, column, condition, row_type)

    def _complain(
        self, name: str, path: Path, column: str, condition: str, row_type: type[Record]
    ) -> None:
        """Name a value that its column does not allow, with its row."""
        key = id_field(row_type)
        query = f'SELECT "{key}", "{column}" FROM "{name}" WHERE {condition} ORDER BY 1 LIMIT 1'
        ((row_id, value),) = self.rows(query)
        words = get_args(row_type.model_fields[column].annotation)
        expected = f"one of {', '.join(words)}" if words else "a value"
        raise DataError(f"{path}: {column} of row {row_id} is {value!r}, expected {expected}")

    def attach_version(self, name: str, path: Path | None, row_type: type[Record]) -> list[str]:
        """Make a table of any version a view with the columns of today; give those it lacks.

        A column that it lacks, or has with another type, is null; no path is a table without rows.

        Raises:
            DataError: the file is torn, or holds other rows.
        """
        schema = arrow_schema(row_type)
        if path is None:
            with _clear_errors():
                empty = self._connection.from_arrow(schema.empty_table())
                empty.create_view(name, replace=True)
            return []
        known = read_schema(path, row_type)
        lacking = [
            field.name
            for field in schema
            if field.name not in known.names or known.field(field.name).type != field.type
        ]
        columns = ", ".join(
            f'NULL AS "{field}"' if field in lacking else f'"{field}"' for field in schema.names
        )
        with _clear_errors():
            relation = self._connection.read_parquet(str(path))
            relation.project(columns).create_view(name, replace=True)
        return lacking

    def create(self, name: str, sql: str) -> None:
        """Make what a query gives a table of that name."""
        with _clear_errors():
            self._connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {sql}')

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and give all of its rows.

        Raises:
            DataError: a file cannot be read to its end.
            MissingError: memory and disk do not suffice.
        """
        with _clear_errors():
            found: list[tuple[Any, ...]] = self._connection.execute(sql, parameters).fetchall()
            return found

    def batches(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """Run a query and give its rows in batches, so that they need not fit in memory.

        Raises:
            DataError: a file cannot be read to its end.
            MissingError: memory and disk do not suffice.
        """
        with _clear_errors():
            query = self._connection.cursor().sql(sql, params=list(parameters))
            if query is None:
                raise ValueError(f"expected a query, got {sql!r}")
            yield from query.to_arrow_reader(ROWS_PER_BATCH)


@contextmanager
def database(memory_limit_mib: int = MEMORY_LIMIT_MIB) -> Iterator[Database]:
    """Open an empty database in memory; what it spills lies in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="codepref-") as spill:
        settings: dict[str, Any] = {
            "memory_limit": f"{memory_limit_mib}MiB",
            "threads": THREADS,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            yield Database(connection)
        finally:
            connection.close()


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MissingError(f"not enough memory or disk for a join: {_first_line(error)}") from error
    except duckdb.Error as error:
        raise DataError(f"a table cannot be read: {_first_line(error)}; `dvc repro`") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _wrong(column: str, annotation: object) -> str:
    """Give the condition on a value that its type does not allow; "" for none.

    Words are of this package's own types, so they may stand in SQL.
    """
    if type(None) in get_args(annotation):
        return ""
    null = f'"{column}" IS NULL'
    if get_origin(annotation) is not Literal:
        return null
    words = ", ".join(f"'{word}'" for word in get_args(annotation))
    return f'({null} OR "{column}" NOT IN ({words}))'
