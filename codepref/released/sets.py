"""Rows of a released answer set, in one form."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from codepref.errors import DataError
from codepref.records import digest
from codepref.released.config import ImportResponsesConfig
from codepref.seeds.hub import source_name, stream_rows


class ReleasedRow(NamedTuple):
    """One row of a set.

    Attributes:
        number: from 1, in the set's order.
        instruction: "" where the set has none.
        responses: one or several, as they are; what they should be is held elsewhere.
        tests: of all of them; None where they are part of a response.
        passed: what those who released it found; None where they do not say.
    """

    number: int
    instruction: str
    concepts: list[str]
    responses: list[object]
    tests: object
    passed: bool | None


def read_set(config: ImportResponsesConfig) -> Iterator[ReleasedRow]:
    """Give rows in the set's order.

    Raises:
        MissingError: the hub cannot be reached, or does not give this data set to us.
        DataError: a column is missing.
    """
    rows = stream_rows(
        config.repo,
        revision=config.revision,
        data_dir=None,
        split=config.split,
        limit=config.limit,
    )
    for number, row in enumerate(rows, start=1):
        yield _row(number, row, config)


def set_digest(config: ImportResponsesConfig) -> str:
    """Identity of a set, in place of the digest of the weights that wrote it."""
    return digest([set_source(config), config.split])


def set_source(config: ImportResponsesConfig) -> str:
    """What its rows give as their source."""
    return source_name(config.repo, config.revision)


def _row(number: int, row: Mapping[str, Any], config: ImportResponsesConfig) -> ReleasedRow:
    columns = config.columns
    named = [name for name in columns.model_dump().values() if name is not None]
    missing = sorted(set(named) - set(row))
    if missing:
        raise DataError(
            f"{config.repo}: row {number}: no column {', '.join(missing)}; the row has "
            f"{', '.join(sorted(row))}; params import_responses names the columns"
        )
    instruction = row[columns.instruction]
    passed = row[columns.passed] if columns.passed else None
    return ReleasedRow(
        number=number,
        instruction=instruction.strip() if isinstance(instruction, str) else "",
        concepts=_concepts(row[columns.concepts]) if columns.concepts else [],
        responses=_responses(row[columns.response]),
        tests=row[columns.tests] if columns.tests else None,
        passed=passed if isinstance(passed, bool) else None,
    )


def _concepts(value: object) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [str(part).strip() for part in parts] if isinstance(parts, list) else []


def _responses(value: object) -> list[object]:
    """Give a row's answers, of a text, a list, a list of mappings, or a mapping to a list."""
    if isinstance(value, dict):
        return _responses(value.get("response"))
    if not isinstance(value, list):
        return [value]
    return [item.get("response") if isinstance(item, dict) else item for item in value]
