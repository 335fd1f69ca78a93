import gzip

import pytest

from codepref.benchmarks.rows import Benchmark
from codepref.benchmarks.tasks import count_inputs, first_tasks, parse_tasks
from codepref.errors import DataError
from tests.benchmarks.made_lines import HUMANEVAL, MBPP_PLUS, jsonl

MBPP_NO_INPUTS = {name: value for name, value in MBPP_PLUS.items() if name != "base_input"}


def torn_inside(packed: bytes) -> bytes:
    """Turn over every bit of the deflated data; the head stays."""
    return packed[:10] + bytes(255 - byte for byte in packed[10:-8]) + packed[-8:]


def test_a_humaneval_task_asks_for_its_function_and_keeps_the_whole_solution() -> None:
    (task,) = parse_tasks(gzip.compress(jsonl(HUMANEVAL)), "humaneval", "file")
    assert "def f(x):\n    '''Say x.'''\n```" in task.text
    assert task.canonical_solution == "def f(x):\n    '''Say x.'''\n    return x\n"
    assert (task.base_inputs, task.plus_inputs) == ("", "")


def test_humaneval_and_humaneval_plus_ask_in_the_same_words() -> None:
    plus = {**HUMANEVAL, "base_input": [[1]], "plus_input": [[2]], "atol": 1e-6}
    (base,) = parse_tasks(jsonl(HUMANEVAL), "humaneval", "file")
    (other,) = parse_tasks(jsonl(plus), "humaneval_plus", "file")
    assert base.text == other.text
    assert other.atol == 1e-6


def test_an_mbpp_task_asks_with_its_docstring_text() -> None:
    (task,) = parse_tasks(jsonl(MBPP_PLUS), "mbpp_plus", "file")
    assert task.text == "Write f.\nassert f(1) == 1"


def test_a_task_may_have_no_plus_inputs() -> None:
    (task,) = parse_tasks(jsonl(MBPP_PLUS), "mbpp_plus", "file")
    assert (count_inputs(task.base_inputs), count_inputs(task.plus_inputs)) == (1, 0)


def test_the_first_tasks_are_counted_by_number_not_by_text() -> None:
    rows = [{**HUMANEVAL, "task_id": f"HumanEval/{number}"} for number in (10, 9, 2)]
    tasks = first_tasks(parse_tasks(jsonl(*rows), "humaneval", "file"), 2)
    assert [task.task_id for task in tasks] == ["HumanEval/2", "HumanEval/9"]


@pytest.mark.parametrize(
    ("content", "benchmark", "message"),
    [
        (jsonl({**HUMANEVAL, "test": 3}), "humaneval", "file line 1: not a task of humaneval"),
        (jsonl(MBPP_NO_INPUTS), "mbpp_plus", "file line 1: no field 'base_input'"),
        (jsonl(HUMANEVAL, HUMANEVAL), "humaneval", "distinct ids, found HumanEval/7 again"),
        (jsonl(), "humaneval", "found 0 lines"),
        (jsonl({**HUMANEVAL, "task_id": "seven"}), "humaneval", "not a task"),
        (jsonl({**HUMANEVAL, "prompt": "def f("}), "humaneval", "not a task"),
        (b"{torn", "humaneval", "file line 1: not a task"),
        (gzip.compress(jsonl(HUMANEVAL))[:-9], "humaneval", "nor gzip"),
        (torn_inside(gzip.compress(jsonl(HUMANEVAL))), "humaneval", "nor gzip"),
        (b"\xff\xfe", "humaneval", "not JSONL"),
        (b"", "humaneval", "found 0 lines"),
        (b"[1]", "humaneval", "file line 1: not a task"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(
    content: bytes, benchmark: Benchmark, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        parse_tasks(content, benchmark, "file")
