"""Planted copies of benchmarks that are searched and not scored, through the stage."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import parse_tasks
from codepref.contamination.rows import Hit
from codepref.sampling.rows import Response
from codepref.selfalign.rows import Instruction
from codepref.tables import write_table
from tests.benchmarks.made_lines import CODAL_BENCH, EVALPERF, EVOEVAL, jsonl
from tests.contamination.bounds import PARAMS
from tests.contamination.planted import MADE as SCORED
from tests.contamination.planted import benchmark_tasks, renamed, without_docstrings
from tests.contamination.test_contamination_stage import instruction, metrics, response, run


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in an empty folder."""
    monkeypatch.chdir(tmp_path)


def search(
    tasks: Sequence[Task],
    *,
    instructions: Sequence[Instruction] = (),
    responses: Sequence[Response] = (),
) -> list[Hit]:
    """Run the stage on tables of the tasks, beside one of a scored benchmark."""
    params = YAML(typ="safe").load(PARAMS)
    benchmark = tasks[0].benchmark
    params["grid"]["searched"] = ["humaneval", benchmark]
    YAML(typ="safe").dump(params, Path("params.yaml"))
    write_table(Path("benchmarks/humaneval.parquet"), [SCORED], Task)
    write_table(Path(f"benchmarks/{benchmark}.parquet"), tasks, Task)
    return run(instructions=instructions, responses=responses)


def removed(hits: Sequence[Hit], task: Task) -> set[str]:
    """Give the methods by which a row is removed for a task."""
    return {
        hit.method
        for hit in hits
        if hit.removes and (hit.benchmark, hit.task_id) == (task.benchmark, task.task_id)
    }


def other_names(program: str) -> list[Response]:
    """Give a response with the program, its names changed and its docstrings taken away."""
    return [response("copy", "i", solution=renamed(without_docstrings(program)), completion="so:")]


def test_a_copy_of_a_task_that_is_not_scored_is_removed_and_counted_by_its_benchmark() -> None:
    (task,) = parse_tasks(jsonl(EVALPERF), "evalperf", "file")
    slowest = other_names(EVALPERF["reference"][0])
    hits = search([task], instructions=[instruction("i")], responses=slowest)
    assert removed(hits, task) == {"ast"}
    assert metrics()["hits"]["response"]["evalperf"]["ast"] == 1
    assert sum(metrics()["hits"]["response"]["humaneval"].values()) == 0
    assert metrics()["tasks"]["evalperf"] == {"n_tasks": 1, "hit": 1, "touched": 1}


def test_a_codal_instruction_is_found_in_an_instruction() -> None:
    (task,) = parse_tasks(jsonl(CODAL_BENCH), "codal_bench", "file")
    asked = [instruction("i", text=f"Please. {CODAL_BENCH['instruction']} Thanks.")]
    assert removed(search([task], instructions=asked), task) >= {"ngram"}


def test_inputs_that_json_cannot_hold_are_met_by_tests_that_have_them() -> None:
    """A list in a test is met too: the matcher takes tuples and lists for the same."""
    inputs = ["[('left', 10), ('right', 20)], 2", "{'north': (1, 2), 'south': (3, 4)}, 12"]
    row = {**EVOEVAL, "inputs": [*inputs, "[i for i in range(1000)], 3"]}
    (task,) = parse_tasks(jsonl(row), "evoeval_difficult", "file")
    assert all(isinstance(given, str) for given in json.loads(task.base_inputs))
    tests = [
        "assert h([('left', 10), ('right', 20)], 2) == 5",
        "assert h({'north': [1, 2], 'south': [3, 4]}, 12) == 6",
    ]
    hits = search([task], instructions=[instruction("i", tests=tests)])
    assert removed(hits, task) == {"test_inputs"}


@pytest.mark.parametrize(
    ("benchmark", "file"),
    [
        ("mbpp", "mbpp.jsonl"),
        ("evoeval_difficult", "EvoEval_difficult.jsonl.gz"),
        ("evoeval_subtle", "EvoEval_subtle.jsonl.gz"),
        ("evoeval_tool_use", "EvoEval_tool_use.jsonl.gz"),
        ("evoeval_concise", "EvoEval_concise.jsonl.gz"),
    ],
)
def test_of_released_tasks_a_copied_request_is_removed(benchmark: Benchmark, file: str) -> None:
    tasks = benchmark_tasks(benchmark, file)
    chosen = tasks[20:200:30]
    asked = [instruction(f"i{n}", text=task.text) for n, task in enumerate(chosen)]
    hits = search(tasks, instructions=asked)
    for task in chosen:
        assert removed(hits, task) & {"ngram", "minhash"}, task.task_id


@pytest.mark.parametrize(
    ("benchmark", "file"),
    [
        ("mbpp", "mbpp.jsonl"),
        ("evoeval_difficult", "EvoEval_difficult.jsonl.gz"),
        ("evoeval_tool_use", "EvoEval_tool_use.jsonl.gz"),
    ],
)
def test_of_released_tasks_a_renamed_solution_is_removed(benchmark: Benchmark, file: str) -> None:
    tasks = benchmark_tasks(benchmark, file)
    chosen = max(tasks, key=lambda task: len(task.canonical_solution))
    copied = other_names(chosen.canonical_solution)
    hits = search(tasks, instructions=[instruction("i")], responses=copied)
    assert removed(hits, chosen) >= {"ast"}


def test_every_reference_of_an_evalperf_task_is_found_renamed() -> None:
    """The file is a reconstruction; its references are published solutions."""
    tasks = benchmark_tasks("evalperf", "evalperf_reconstructed.jsonl.gz")
    task = next(task for task in tasks if task.task_id == "HumanEval/9")
    references = task.canonical_solution.split("from typing import List, Tuple\n")[1:]
    assert len(references) > 3
    rows = [
        other_names(f"from typing import List, Tuple\n{reference}")[0].model_copy(
            update={"response_id": f"r{number}"}
        )
        for number, reference in enumerate(references)
    ]
    hits = search(tasks, instructions=[instruction("i")], responses=rows)
    met = {hit.row_id for hit in hits if hit.removes and hit.task_id == task.task_id}
    assert met == {row.response_id for row in rows}
