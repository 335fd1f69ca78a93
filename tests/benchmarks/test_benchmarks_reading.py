"""Tasks from the tables of fetch_benchmarks; EvalPerf's with what their own file leaves out."""

from pathlib import Path

import pytest

from codepref.benchmarks.reading import read_tasks
from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import parse_tasks, with_problems
from codepref.errors import DataError
from codepref.tables import write_table
from tests.benchmarks.made_lines import EVALPERF, HUMANEVAL_PLUS, MBPP_PLUS, jsonl

(PERF,) = parse_tasks(jsonl(EVALPERF), "evalperf", "file")
(MBPP,) = parse_tasks(jsonl({**MBPP_PLUS, "task_id": "Mbpp/3"}), "mbpp_plus", "file")
(HUMAN,) = parse_tasks(jsonl(HUMANEVAL_PLUS), "humaneval_plus", "file")


def put(folder: Path, benchmark: Benchmark, *tasks: Task) -> None:
    write_table(folder / f"{benchmark}.parquet", list(tasks), Task)


def test_a_benchmark_is_read_from_its_own_table(tmp_path: Path) -> None:
    put(tmp_path, "mbpp_plus", MBPP)
    assert read_tasks(tmp_path, "mbpp_plus") == [MBPP]


def test_evalperf_takes_problem_and_tests_from_the_plus_benchmarks(tmp_path: Path) -> None:
    second = PERF.model_copy(update={"task_id": HUMAN.task_id})
    put(tmp_path, "evalperf", PERF, second)
    put(tmp_path, "mbpp_plus", MBPP)
    put(tmp_path, "humaneval_plus", HUMAN)
    found = {task.task_id: task for task in read_tasks(tmp_path, "evalperf")}
    for source, task in ((MBPP, found["Mbpp/3"]), (HUMAN, found[HUMAN.task_id])):
        taken = ("text", "prompt_code", "canonical_solution", "base_inputs", "plus_inputs", "atol")
        assert [getattr(task, name) for name in taken] == [getattr(source, name) for name in taken]
        assert task.benchmark == "evalperf"
        assert (task.references, task.reference_scores) == (PERF.references, [12.5, 100.0])
        assert task.performance_inputs == "[[1000001]]"


def test_evalperf_of_another_release_is_refused() -> None:
    other = MBPP.model_copy(update={"task_id": "Mbpp/4"})
    with pytest.raises(DataError, match=r"evalperf: 1 of 1 tasks are not in .*first Mbpp/3"):
        with_problems([PERF], [HUMAN, other])


def test_evalperf_without_a_plus_benchmark_names_its_table(tmp_path: Path) -> None:
    put(tmp_path, "evalperf", PERF)
    put(tmp_path, "humaneval_plus", HUMAN)
    with pytest.raises(DataError, match=r"mbpp_plus\.parquet"):
        read_tasks(tmp_path, "evalperf")
