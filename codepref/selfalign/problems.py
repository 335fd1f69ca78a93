"""Problems with given tests, read from JSONL or Parquet in one of four layouts.

own:      problem_id, difficulty, concepts, text, entry_point, test_setup, tests, reference
mbpp:     task_id, text, code, test_list, test_setup_code (mbpp.jsonl as published)
generic:  prompt, tests; may have the other keys of our own
stdio:    prompt, inputs, outputs: what a whole program reads and what it must print
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ConfigDict, Field, ValidationError

from codepref.errors import DataError
from codepref.execution.cases import write_cases
from codepref.records import content_id
from codepref.schema import Strict, describe
from codepref.selfalign.rows import Difficulty
from codepref.syntax import parse

SURROGATE = re.compile("[\ud800-\udfff]")
NAMED_BY = "params write_instructions.problems"


class Problem(Strict):
    """A task with tests; also the layout of our own file, one JSON object a line.

    Attributes:
        problem_id: unique in its set, such as "starter/001" or "mbpp/601".
        difficulty: None where the set gives none.
        text: what the model is asked.
        entry_point: function that the tests call; None if unknown.
        test_setup: code run after the solution and before the tests, may be "".
        tests: assert statements, one an item.
        reference: a solution that passes the tests; None if the set gives none.
    """

    problem_id: str = Field(min_length=1)
    difficulty: Difficulty | None
    concepts: list[str]
    text: str
    entry_point: str | None
    test_setup: str
    tests: list[str]
    reference: str | None


class Foreign(Strict):
    """A row of somebody else's set: keys that we do not read are allowed."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class MbppRow(Foreign):
    """One line of mbpp.jsonl, as published."""

    task_id: int
    text: str
    code: str
    test_list: list[str]
    test_setup_code: str = ""


class GenericRow(Foreign):
    """A prompt and its tests: a list of statements, or one program text."""

    prompt: str
    tests: list[str] | str
    problem_id: str | None = None
    difficulty: Difficulty | None = None
    concepts: list[str] = Field(default_factory=list)
    entry_point: str | None = None
    test_setup: str = ""
    reference: str | None = None


class StdioRow(Foreign):
    """A prompt for a whole program, with what it reads and what it must print, case by case."""

    prompt: str
    inputs: list[str]
    outputs: list[str]
    problem_id: str | None = None
    difficulty: Difficulty | None = None
    concepts: list[str] = Field(default_factory=list)
    reference: str | None = None


def read_problems(path: Path) -> list[Problem]:
    """Read a whole set, rows in the file's order.

    Raises:
        DataError: the file is absent, torn or empty, a row has no known layout or breaks it, or
            two rows have one id. The message names the line (JSONL) or the row (Parquet).
    """
    if path.suffix == ".parquet":
        return parse_problems(_parquet_rows(path), place=f"{path}: row ")
    return parse_problems(_json_lines(path), place=f"{path}:")


def parse_problems(rows: Iterable[tuple[int, object]], *, place: str) -> list[Problem]:
    """Read numbered rows of any known layout.

    Args:
        rows: number (of a line or row, from 1) and value.
        place: what an error message puts before the number.

    Raises:
        DataError: as in read_problems.
    """
    problems: list[Problem] = []
    first_use: dict[str, int] = {}
    for number, row in rows:
        problem = _parse_row(row, where=f"{place}{number}")
        if problem.problem_id in first_use:
            raise DataError(
                f"{place}{number}: problem_id {problem.problem_id!r} was used at "
                f"{first_use[problem.problem_id]} already; ids are unique in a set"
            )
        first_use[problem.problem_id] = number
        problems.append(problem)
    if not problems:
        raise DataError(f"{place.rstrip(':')}: no problems at all; expected one JSON object a line")
    return problems


def _parse_row(row: object, *, where: str) -> Problem:
    if not isinstance(row, Mapping):
        raise DataError(f"{where}: expected an object, found {type(row).__name__}")
    try:
        if "test_list" in row:
            return _from_mbpp(MbppRow.model_validate(row))
        if "prompt" in row and "inputs" in row:
            return _from_stdio(StdioRow.model_validate(row), where)
        if "prompt" in row:
            return _from_generic(GenericRow.model_validate(row))
        if "text" in row and "tests" in row:
            return Problem.model_validate(row)
    except ValidationError as error:
        raise DataError(f"{where}: {describe(error)}") from error
    raise DataError(
        f"{where}: no known layout; expected keys problem_id, text, tests (own), task_id, text, "
        "code, test_list (MBPP), prompt, tests or prompt, inputs, outputs; found "
        f"{', '.join(map(str, row)) or 'none'}"
    )


def _from_mbpp(row: MbppRow) -> Problem:
    """The first test ends the text: MBPP's prompts do not name the function. So does P2."""
    shown = f"\nYour code should pass this test:\n{row.test_list[0]}" if row.test_list else ""
    return Problem(
        problem_id=f"mbpp/{row.task_id}",
        difficulty=None,
        concepts=[],
        text=row.text.strip() + shown,
        entry_point=entry_point_of(row.code, row.test_list),
        test_setup=row.test_setup_code,
        tests=row.test_list,
        reference=row.code.replace("\r\n", "\n").strip() or None,
    )


def _from_generic(row: GenericRow) -> Problem:
    tests = row.tests if isinstance(row.tests, list) else [row.tests]
    tests = [test for test in tests if test.strip()]
    return Problem(
        problem_id=row.problem_id or f"generic/{content_id(row.prompt, tests)}",
        difficulty=row.difficulty,
        concepts=row.concepts,
        text=row.prompt.strip(),
        entry_point=row.entry_point or entry_point_of(row.reference or "", tests),
        test_setup=row.test_setup,
        tests=tests,
        reference=row.reference or None,
    )


def _from_stdio(row: StdioRow, where: str) -> Problem:
    if len(row.inputs) != len(row.outputs):
        raise DataError(
            f"{where}: {len(row.inputs)} inputs and {len(row.outputs)} outputs; expected one "
            "output for each input"
        )
    if any(SURROGATE.search(text) for text in (*row.inputs, *row.outputs)):
        raise DataError(f"{where}: an input or output holds half a surrogate pair; write it whole")
    tests = write_cases(row.inputs, row.outputs)
    return Problem(
        problem_id=row.problem_id or f"generic/{content_id(row.prompt, tests)}",
        difficulty=row.difficulty,
        concepts=row.concepts,
        text=row.prompt.strip(),
        entry_point=None,
        test_setup="",
        tests=tests,
        reference=row.reference or None,
    )


def entry_point_of(code: str, tests: list[str]) -> str | None:
    """Name of the function in `code` that the first test calls; None if that cannot be told."""
    program, first = parse(code), parse("\n".join(tests[:1]))
    if program is None or first is None:
        return None
    defined = {
        node.name for node in program.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    calls = (
        node.func.id
        for node in ast.walk(first)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    return next((name for name in calls if name in defined), None)


def _json_lines(path: Path) -> Iterator[tuple[int, object]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise DataError(
            f"{path}: no such file; params write_instructions.problems names it"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        table = pq.read_table(path, memory_map=False)
    except FileNotFoundError as error:
        raise DataError(
            f"{path}: no such file; params write_instructions.problems names it"
        ) from error
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not a whole Parquet file ({reason})") from error
    yield from enumerate(table.to_pylist(), start=1)
