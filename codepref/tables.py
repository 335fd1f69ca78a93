"""Tables of records as Parquet: same rows, same bytes."""

import types
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from codepref.errors import DataError
from codepref.files import replacing
from codepref.records import Record
from codepref.schema import describe

ROWS_PER_GROUP = 10_000
ROW_TYPE = b"codepref.row_type"  # key of a file's metadata
SCALARS = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}

RecordT = TypeVar("RecordT", bound=Record)


def write_table(path: Path, rows: Iterable[RecordT], row_type: type[RecordT]) -> None:
    """Write rows in order of id, whole or not at all. Cost: linear in rows, plus a sort of ids.

    Rows may come one by one: some thousands are in memory, the others wait in a folder beside the
    file.

    Raises:
        DataError: two rows have one id.
        MissingError: the disk is full; an older file is kept.
    """
    schema, key = arrow_schema(row_type), id_field(row_type)
    with (
        replacing(path) as temporary,
        TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as waiting,
    ):
        spilled = [
            _spill(Path(waiting, f"{number}.arrow"), chunk, schema)
            for number, chunk in enumerate(_chunks(rows))
        ]
        ids = [name for part in spilled for name in part.column(key).to_pylist()]
        _refuse_repeats(path, key, ids)
        order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for first in range(0, len(order), ROWS_PER_GROUP):
                group = _gather(spilled, order[first : first + ROWS_PER_GROUP])
                writer.write_table(group, row_group_size=ROWS_PER_GROUP)


def read_table(path: Path, row_type: type[RecordT]) -> list[RecordT]:
    """Read every row of a table, in order of id.

    Raises:
        DataError: see check_table; also, two rows have one id or a row breaks the schema.
    """
    check_table(path, row_type)
    with _clear_errors(path):
        table = pq.read_table(path, memory_map=False)
    _refuse_repeats(path, id_field(row_type), table[id_field(row_type)].to_pylist())
    try:
        return TypeAdapter(list[row_type]).validate_python(table.to_pylist())  # type: ignore[valid-type]
    except ValidationError as error:
        problem = describe(error)[:500]
        raise DataError(f"{path}: not a table of {row_type.__name__}: {problem}") from error


def check_table(path: Path, row_type: type[Record]) -> None:
    """Hold a file's schema to a record class, without reading its rows.

    Raises:
        DataError: the file is absent or torn, or holds other rows, or a column is missing or of
            another type: a table of another version.
    """
    found, expected = read_schema(path, row_type), arrow_schema(row_type)
    missing = sorted(set(expected.names) - set(found.names))
    if missing:
        raise DataError(
            f"{path}: no column {', '.join(missing)}; a table of {row_type.__name__} has "
            f"{', '.join(expected.names)}, this one has {', '.join(found.names)}: one of another "
            "version; `dvc repro` makes it anew"
        )
    others = [
        f"{field.name} is {found.field(field.name).type}, expected {field.type}"
        for field in expected
        if found.field(field.name).type != field.type
    ]
    if others:
        raise DataError(
            f"{path}: not a table of {row_type.__name__}: {'; '.join(others)}: one of another "
            "version; `dvc repro` makes it anew"
        )


def read_schema(path: Path, row_type: type[Record]) -> pa.Schema:
    """Read the schema of a table of any version of a record class.

    Raises:
        DataError: the file is absent or torn, or holds other rows.
    """
    with _clear_errors(path):
        found = pq.read_schema(path)
    name = (found.metadata or {}).get(ROW_TYPE, row_type.__name__.encode()).decode()
    if name != row_type.__name__:
        raise DataError(f"{path}: holds rows of {name}, expected {row_type.__name__}")
    return found


def id_field(row_type: type[Record]) -> str:
    """Name of the field that identifies a row: the first one."""
    return next(iter(row_type.model_fields))


def arrow_schema(row_type: type[Record]) -> pa.Schema:
    """Arrow schema of a record class; a field may be null only where its type says `| None`."""
    return pa.schema(
        [_field(name, field.annotation) for name, field in row_type.model_fields.items()],
        metadata={ROW_TYPE: row_type.__name__.encode()},
    )


def _field(name: str, annotation: object) -> pa.Field:
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = [arg for arg in get_args(annotation) if arg is not type(None)]
        return pa.field(name, _arrow_type(inner), nullable=True)
    return pa.field(name, _arrow_type(annotation), nullable=False)


def _arrow_type(annotation: object) -> pa.DataType:
    if isinstance(annotation, type) and annotation in SCALARS:
        return SCALARS[annotation]
    if get_origin(annotation) is Literal:
        return pa.string()
    if get_origin(annotation) is list:
        return pa.list_(_arrow_type(get_args(annotation)[0]))
    raise TypeError(f"no Arrow type for {annotation}; use str, int, float, bool, Literal or list")


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; `dvc repro` or `dvc pull` makes it") from error
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{path}: not a whole Parquet file ({reason}); remove it and run `dvc repro`"
        ) from error


def _refuse_repeats(path: Path, key: str, ids: Iterable[str]) -> None:
    repeated = [name for name, n in Counter(ids).items() if n > 1]
    if repeated:
        raise DataError(f"{path}: {len(repeated)} ids of {key} occur twice, first {repeated[0]}")


def _chunks(rows: Iterable[Record]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(rows)
    while chunk := [row.model_dump() for row in islice(waiting, ROWS_PER_GROUP)]:
        yield chunk


def _spill(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Put rows in a file and give them from there, so that they take no memory."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _gather(parts: Sequence[pa.Table], places: NDArray[np.int64]) -> pa.Table:
    """Give the rows at those places of all parts, which are full but for the last, in that order.

    Each part is asked once: a take across parts would join them in memory.
    """
    owners, order = places // ROWS_PER_GROUP, np.argsort(places // ROWS_PER_GROUP, kind="stable")
    taken = [
        parts[owner].take(pa.array(places[owners == owner] % ROWS_PER_GROUP))
        for owner in np.unique(owners)
    ]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_tables(taken).take(pa.array(back)).combine_chunks()
