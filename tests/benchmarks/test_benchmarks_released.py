"""Files as released, where CODEPREF_BENCHMARKS names a folder that has them.

EvalPerf's is a reconstruction in its schema: its references are real, its inputs and some of its
scores are fitted.
"""

import os
from pathlib import Path

import pytest

from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.rows import Benchmark
from codepref.benchmarks.tasks import count_inputs, parse_tasks
from codepref.config import load_section
from tests.contamination.planted import benchmark_tasks

PARAMS = Path(__file__).parents[2] / "params.yaml"
RELEASED: list[tuple[Benchmark, str, int, int]] = [  # with tasks, and base and plus inputs
    ("humaneval_plus", "HumanEvalPlus.jsonl.gz", 164, 1570 + 122683),
    ("mbpp_plus", "MbppPlus.jsonl.gz", 378, 1174 + 39841),
    ("mbpp", "mbpp.jsonl", 974, 0),
    ("evoeval_difficult", "EvoEval_difficult.jsonl.gz", 100, 4982),
    ("evoeval_creative", "EvoEval_creative.jsonl.gz", 100, -1),
    ("evoeval_subtle", "EvoEval_subtle.jsonl.gz", 100, 77316),
    ("evoeval_combine", "EvoEval_combine.jsonl.gz", 100, -1),
    ("evoeval_tool_use", "EvoEval_tool_use.jsonl.gz", 100, 5132),
    ("evoeval_verbose", "EvoEval_verbose.jsonl.gz", 164, -1),
    ("evoeval_concise", "EvoEval_concise.jsonl.gz", 164, 1570 + 123741),
    ("evalperf", "evalperf_reconstructed.jsonl.gz", 118, 118),
]


@pytest.mark.parametrize(("benchmark", "file", "n_tasks", "n_inputs"), RELEASED)
def test_a_released_file_has_its_published_number_of_tasks(
    benchmark: Benchmark, file: str, n_tasks: int, n_inputs: int
) -> None:
    tasks = benchmark_tasks(benchmark, file)
    assert len(tasks) == n_tasks
    found = sum(
        count_inputs(inputs)
        for task in tasks
        for inputs in (task.base_inputs, task.plus_inputs, task.performance_inputs)
    )
    assert found == n_inputs or n_inputs < 0


@pytest.mark.parametrize("benchmark", [name for name, *_ in RELEASED if name != "evalperf"])
def test_a_file_of_this_machine_has_the_hash_that_params_name(benchmark: Benchmark) -> None:
    source = load_section(f"fetch_benchmarks.{benchmark}", BenchmarkFile, PARAMS)
    folder = os.environ.get("CODEPREF_BENCHMARKS")
    if not folder or not list(Path(folder).rglob(source.file)):
        pytest.skip(f"no {source.file} in a folder named by CODEPREF_BENCHMARKS")
    path = find_benchmark_file(source)
    assert parse_tasks(path.read_bytes(), benchmark, path.name)


def test_of_evoevals_inputs_those_with_tuples_and_expressions_are_texts() -> None:
    tasks = {task.task_id: task for task in benchmark_tasks("evoeval_difficult", RELEASED[3][1])}
    assert tasks["EvoEval/0"].base_inputs.startswith('["[(1.0, 2.0), (2.0, 3.0), (3.0, 4.0)], 0.5"')
