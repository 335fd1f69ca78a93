"""Sets of problems with tests, in each layout."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codepref.errors import DataError
from codepref.execution.cases import Case, read_cases
from codepref.selfalign.problems import entry_point_of, read_problems

OWN = {
    "problem_id": "starter/001",
    "difficulty": "easy",
    "concepts": ["addition"],
    "text": "Write add(a, b).",
    "entry_point": "add",
    "test_setup": "",
    "tests": ["assert add(1, 2) == 3"],
    "reference": "def add(a, b):\n    return a + b",
}
MBPP = {  # keys of the published mbpp.jsonl
    "task_id": 601,
    "text": "Write a function to find the longest chain.",
    "code": "class Pair(object): \r\n    pass\r\ndef max_chain(arr, n): \r\n    return n\r\n",
    "test_list": ["assert max_chain([Pair()], 1) == 1", "assert max_chain([], 0) == 0"],
    "test_setup_code": "import math",
    "challenge_test_list": [],
}
GENERIC = {"prompt": " Write f. ", "tests": "assert f(1) == 1", "solution": "unread"}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_our_own_layout_is_read_as_it_is(tmp_path: Path) -> None:
    (problem,) = read_problems(write(tmp_path / "own.jsonl", OWN))
    assert problem.model_dump() == OWN


def test_mbpp_shows_its_first_test_and_keeps_setup_apart(tmp_path: Path) -> None:
    (problem,) = read_problems(write(tmp_path / "mbpp.jsonl", MBPP))
    assert problem.problem_id == "mbpp/601"
    assert problem.text == (
        "Write a function to find the longest chain.\n"
        "Your code should pass this test:\nassert max_chain([Pair()], 1) == 1"
    )
    assert (problem.entry_point, problem.test_setup) == ("max_chain", "import math")
    assert problem.tests == MBPP["test_list"]
    assert problem.reference is not None
    assert "\r" not in problem.reference


def test_a_generic_row_gets_an_id_of_its_content(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", GENERIC, {"prompt": "Write g.", "tests": [" "]})
    first, second = read_problems(path)
    assert first.problem_id.startswith("generic/")
    assert first.problem_id != second.problem_id
    assert (first.text, first.tests, second.tests) == ("Write f.", ["assert f(1) == 1"], [])


def test_a_whole_program_comes_with_what_it_reads_and_prints(tmp_path: Path) -> None:
    row = {"prompt": "Add two numbers.", "inputs": ["1 2\n", "0 0\n"], "outputs": ["3\n", "0\n"]}
    (problem,) = read_problems(write(tmp_path / "a.jsonl", row))
    assert read_cases(problem.tests) == [Case("1 2\n", "3\n"), Case("0 0\n", "0\n")]
    assert problem.entry_point is None


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([OWN]), tmp_path / "own.parquet")
    assert read_problems(tmp_path / "own.parquet") == read_problems(
        write(tmp_path / "own.jsonl", OWN)
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**OWN, "tests": "x"}, r":2: tests: Input should be a valid list"),
        ({**OWN, "hint": 1}, r":2: hint: Extra inputs"),
        ({**MBPP, "task_id": "601"}, r":2: task_id: Input should be a valid integer"),
        ({"prompt": "?", "inputs": ["1"], "outputs": []}, r":2: 1 inputs and 0 outputs"),
        ({"question": "?"}, r":2: no known layout; .*found question"),
        ([1], r":2: expected an object, found list"),
        ({**OWN, "text": "Again."}, r":2: problem_id 'starter/001' was used at 1 already"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_problems(write(tmp_path / "a.jsonl", OWN, row))


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", OWN)
    path.write_text(path.read_text() + '{"prompt": "Wri')
    with pytest.raises(DataError, match=r"a\.jsonl:2: not JSON"):
        read_problems(path)


def test_a_torn_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pq.write_table(pa.Table.from_pylist([OWN]), path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="not a whole Parquet file"):
        read_problems(path)


@pytest.mark.parametrize("name", ["none.jsonl", "none.parquet"])
def test_an_absent_file_is_named_with_its_parameter(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"no such file; params write_instructions\.problems"):
        read_problems(tmp_path / name)


def test_an_empty_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no problems at all"):
        read_problems(write(tmp_path / "a.jsonl"))
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        read_problems(tmp_path / "b.jsonl")


@pytest.mark.parametrize(
    ("code", "test", "name"),
    [
        ("def f(x): pass", "assert f(1) == 1", "f"),
        ("def f(x): pass", "assert set(f(1)) == {1}", "f"),
        ("def f(x): pass", "assert (", None),
        ("", "assert f(1) == 1", None),
    ],
)
def test_the_entry_point_of_is_one_that_the_code_defines(
    code: str, test: str, name: str | None
) -> None:
    assert entry_point_of(code, [test]) == name
