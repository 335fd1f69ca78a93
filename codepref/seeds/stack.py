"""Python files of The Stack, or of a data set with its schema."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from codepref.errors import DataError
from codepref.seeds.config import StackSource
from codepref.seeds.hub import source_name, stream_rows
from codepref.seeds.sources import SourceFile, UnusableFile


def stack_files(config: StackSource, max_bytes: int) -> Iterator[SourceFile | UnusableFile]:
    """Give files in the data set's order.

    Raises:
        MissingError: the hub cannot be reached, or does not give this data set to us.
        DataError: a column is missing, or holds another type.
    """
    rows = stream_rows(
        config.repo,
        revision=config.revision,
        data_dir=config.data_dir,
        split=config.split,
        limit=config.max_files,
    )
    for number, row in enumerate(rows, start=1):
        yield _file(row, config, number, max_bytes)


def _file(
    row: Mapping[str, Any], config: StackSource, number: int, max_bytes: int
) -> SourceFile | UnusableFile:
    columns = config.columns
    missing = sorted(set(columns.model_dump().values()) - set(row))
    if missing:
        raise DataError(
            f"{config.repo}: row {number}: no column {', '.join(missing)}; the row has "
            f"{', '.join(sorted(row))}; params gather_seeds.sources names the columns"
        )
    source = source_name(config.repo, config.revision)
    path = f"{row[columns.repository]}/{row[columns.path]}"
    content = row[columns.content]
    if not isinstance(content, str):
        found = type(content).__name__
        return UnusableFile(source, path, "", "unreadable_file", f"content is {found}, not text")
    encoded = content.encode("utf-8", errors="surrogatepass")
    sha256 = hashlib.sha256(encoded).hexdigest()
    if len(encoded) > max_bytes:
        detail = f"{len(encoded)} bytes, limit {max_bytes}"
        return UnusableFile(source, path, sha256, "file_too_large", detail)
    text = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    licence = spdx(row[columns.licences])
    return SourceFile(text, source, f"{path}@{row[columns.hexsha]}", licence, sha256)


def spdx(licences: object) -> str:
    """SPDX expression of one licence or a list of them; "unknown" for none.

    A file under several detected licences is offered under all of them: they are joined by AND.
    """
    if isinstance(licences, str):
        return licences or "unknown"
    if isinstance(licences, list):
        return " AND ".join(sorted({str(item) for item in licences if item})) or "unknown"
    return "unknown"
