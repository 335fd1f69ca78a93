"""Lines of each benchmark's file: what a task is made of, and what is refused."""

import itertools
import json
from typing import Any, get_args

import pytest

from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import FORMATS, parse_tasks
from codepref.errors import DataError
from tests.benchmarks.made_lines import (
    CODAL_BENCH,
    EVALPERF,
    EVOEVAL,
    MADE,
    MBPP,
    REWRITTEN,
    TOOL_USE,
    jsonl,
)

FIELDS = {  # what a task is made of
    "humaneval": ("task_id", "prompt", "entry_point", "canonical_solution", "test"),
    "humaneval_plus": ("task_id", "prompt", "base_input", "plus_input", "atol"),
    "mbpp": ("task_id", "text", "code", "test_list", "test_setup_code"),
    "mbpp_plus": ("task_id", "prompt", "entry_point", "base_input", "plus_input", "atol"),
    "evalperf": ("task_id", "entry_point", "reference", "scores", "pe_input"),
    "evoeval_subtle": ("task_id", "prompt", "entry_point", "canonical_solution", "inputs"),
    "evoeval_tool_use": ("task_id", "helpers", "inputs"),
    "evoeval_verbose": ("task_id", "old_prompt", "base_input"),
    "codal_bench": ("instruction", "preference"),
}
FAMILY: dict[Benchmark, str] = {  # of files that nothing but their hash tells apart
    "starter_instructions": "codal_bench",
    "evoeval_difficult": "evoeval",
    "evoeval_creative": "evoeval",
    "evoeval_subtle": "evoeval",
    "evoeval_combine": "evoeval",
    "evoeval_verbose": "rewritten",
    "evoeval_concise": "rewritten",
}


def parsed(benchmark: Benchmark, row: dict[str, Any]) -> Task:
    (task,) = parse_tasks(jsonl(row), benchmark, "file")
    return task


def called(task: Task, solution: str) -> bool:
    """Whether a program passes the task's own check."""
    names: dict[str, Any] = {}
    exec(solution, names)
    candidate = names[task.entry_point]
    exec(task.test, names)
    try:
        names["check"](candidate)
    except AssertionError:
        return False
    return True


def test_every_benchmark_has_a_format() -> None:
    assert set(FORMATS) == set(get_args(Benchmark)) == set(MADE)


@pytest.mark.parametrize("benchmark", MADE)
def test_a_line_as_released_gives_a_task_of_its_benchmark(benchmark: Benchmark) -> None:
    assert parsed(benchmark, MADE[benchmark]).benchmark == benchmark


@pytest.mark.parametrize(
    ("benchmark", "other"),
    [
        pair
        for pair in itertools.permutations(MADE, 2)
        if FAMILY.get(pair[0], pair[0]) != FAMILY.get(pair[1], pair[1])
    ],
)
def test_a_line_of_another_benchmark_is_refused(benchmark: Benchmark, other: Benchmark) -> None:
    with pytest.raises(DataError, match="file line 1: no"):
        parsed(benchmark, MADE[other])


@pytest.mark.parametrize(
    ("benchmark", "field"), [(name, field) for name in FIELDS for field in FIELDS[name]]
)
def test_a_field_that_is_absent_is_named(benchmark: Benchmark, field: str) -> None:
    row = {name: value for name, value in MADE[benchmark].items() if name != field}
    with pytest.raises(DataError, match=f"file line 1: no field '{field}'; expected a task of"):
        parsed(benchmark, row)


def test_an_mbpp_task_asks_with_its_tests_and_they_check_its_function() -> None:
    task = parsed("mbpp", MBPP)
    assert task.task_id == "Mbpp/11"
    assert task.text == (
        "Write a function to double a number.\nassert twice(21) == 42\nassert twice(0) == 0"
    )
    assert task.entry_point == "twice"
    assert called(task, task.canonical_solution)
    assert not called(task, "def twice(n): return n")


def test_an_mbpp_setup_may_use_a_class_of_the_solution() -> None:
    """As tasks 367 and 927 do."""
    row = {
        **MBPP,
        "code": "class Node: pass\r\ndef is_node(x):\r\n\treturn isinstance(x, Node)",
        "test_setup_code": "root = Node()",
        "test_list": ["assert is_node(root)"],
    }
    task = parsed("mbpp", row)
    assert task.entry_point == "is_node"
    assert called(task, task.canonical_solution)


def test_an_mbpp_function_may_have_the_name_check() -> None:
    """As those of tasks 56, 349, 899 and 967 have."""
    row = {**MBPP, "code": "def check(n): return n > 0", "test_list": ["assert check(1)"]}
    task = parsed("mbpp", row)
    assert called(task, task.canonical_solution)
    assert not called(task, "def check(n): return n < 0")


def test_mbpp_tests_that_call_nothing_of_the_code_are_refused() -> None:
    with pytest.raises(DataError, match="test_list calls none of twice"):
        parsed("mbpp", {**MBPP, "test_list": ["assert thrice(1) == 3"]})


def test_an_input_is_json_unless_that_would_lose_something() -> None:
    """A tuple would be a list, and a comprehension is no literal."""
    task = parsed("evoeval_subtle", EVOEVAL)
    listed, *texts = json.loads(task.base_inputs)
    assert listed == [[[1, 2], [3, 4]], 1]
    assert texts == EVOEVAL["inputs"][1:]


def test_a_key_that_is_a_number_keeps_an_input_as_text() -> None:
    task = parsed("evoeval_subtle", {**EVOEVAL, "inputs": ["{1: 'a'}", "{'a': 1}"]})
    assert json.loads(task.base_inputs) == ["{1: 'a'}", [{"a": 1}]]


@pytest.mark.parametrize(
    ("benchmark", "row"), [("evoeval_combine", EVOEVAL), ("evoeval_tool_use", TOOL_USE)]
)
def test_an_evoeval_solution_is_a_whole_program(benchmark: Benchmark, row: dict[str, Any]) -> None:
    names: dict[str, Any] = {}
    exec(parsed(benchmark, row).canonical_solution, names)
    assert names["g"]([1, 2, 3], 2) == [1, 2]


def test_an_evoeval_rewrite_asks_with_its_new_prompt() -> None:
    task = parsed("evoeval_verbose", REWRITTEN)
    assert task.prompt_code == REWRITTEN["prompt"]
    assert (task.base_inputs, task.plus_inputs) == ("[[1]]", "[[2], [3]]")


def test_of_evalperfs_references_the_fastest_is_the_function_and_all_are_kept() -> None:
    task = parsed("evalperf", EVALPERF)
    assert all(reference in task.canonical_solution for reference in EVALPERF["reference"])
    names: dict[str, Any] = {}
    exec(task.canonical_solution, names)
    assert not names["is_odd"](-4)
    assert task.canonical_solution.rstrip().endswith("n % 2 == 1")
    assert (task.text, task.base_inputs) == ("", "")
    assert (task.references, task.reference_scores) == (EVALPERF["reference"], [12.5, 100.0])
    assert task.performance_inputs == "[[1000001]]"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": [100.0]}, "2 references, but 1 scores"),
        ({"reference": [], "scores": []}, "reference: expected a list of texts"),
        ({"pe_input": "[1]"}, "expected JSON of a list of argument lists"),
        ({"pe_input": "[1"}, "not a task of evalperf"),
        ({"task_id": "APPS/3"}, "expected HumanEval/<number> or Mbpp/<number>"),
    ],
)
def test_a_torn_evalperf_task_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        parsed("evalperf", {**EVALPERF, **changes})


def test_a_codal_task_is_named_by_its_place_and_keeps_the_python_of_its_references() -> None:
    first, second = parse_tasks(jsonl(CODAL_BENCH, CODAL_BENCH), "codal_bench", "file")
    assert (first.task_id, second.task_id) == ("CODAL/0", "CODAL/1")
    assert first.text == CODAL_BENCH["instruction"]
    assert first.canonical_solution == (
        "def vowels(line):\n    return sum(letter in 'aeiou' for letter in line)\n"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preference": "beauty"}, "preference 'beauty', expected instruction-following,"),
        ({"instruction": None}, "instruction: expected a list of texts"),
        ({"gpt-4-turbo_response": 3}, "fields that end with _response: expected"),
    ],
)
def test_a_codal_task_of_another_kind_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        parsed("codal_bench", {**CODAL_BENCH, **changes})


def test_a_codal_task_without_reference_answers_is_refused() -> None:
    row = {name: CODAL_BENCH[name] for name in ("instruction", "preference")}
    with pytest.raises(DataError, match="fields that end with _response"):
        parsed("codal_bench", row)


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    row = {**CODAL_BENCH, "instruction": "Split\u2028this."}
    content = json.dumps(row, ensure_ascii=False).encode()
    assert parse_tasks(content, "codal_bench", "file")[0].text == "Split\u2028this."
