"""Inputs of tasks: data read here, expressions evaluated in the sandbox only."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from codepref.benchmarks.inputs import performance_inputs, read_inputs
from codepref.benchmarks.rows import Task
from codepref.benchmarks.scoring import make_runs
from codepref.errors import DataError
from codepref.execution.jobs import Job, Outcome
from codepref.execution.pool import open_pool
from codepref.execution.values import unpack
from codepref.ledger import Ledger
from tests.benchmarks.fake_execution import run_trusted
from tests.benchmarks.made_config import SCORING
from tests.benchmarks.made_tasks import called_task, completion
from tests.benchmarks.test_benchmarks_canonical import score


def task_of(*texts: Any, plus: Sequence[Any] = ()) -> Task:
    task = called_task("def f(x):\n    return x", base=[])
    inputs = {"base_inputs": json.dumps(texts), "plus_inputs": json.dumps(plus)}
    return task.model_copy(update=inputs)


def run_nothing(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
    assert not jobs
    return iter([])


def test_lists_and_literals_are_read_without_running_anything() -> None:
    task = task_of([1, [2]], "(1, 2), {3}", "{'a': None}, b'x', -1.5", plus=[[4]])
    found = read_inputs([task], run_nothing)[task.task_id]
    assert [(given.label, unpack(given.packed)) for given in found.known] == [
        ("base 0", [1, [2]]),
        ("base 1", [(1, 2), {3}]),
        ("base 2", [{"a": None}, b"x", -1.5]),
        ("plus 0", [4]),
    ]
    assert found.skipped == []


def test_an_expression_is_evaluated_by_a_job() -> None:
    task = task_of("[i * i for i in range(4)], 2", "tuple('ab')")
    found = read_inputs([task], run_trusted)[task.task_id]
    assert [unpack(given.packed) for given in found.known] == [[[0, 1, 4, 9], 2], [("a", "b")]]


def test_an_expression_of_several_tasks_is_evaluated_once() -> None:
    asked: list[Job] = []

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        asked.extend(jobs)
        return run_trusted(jobs)

    first = task_of("range(2)[1]", "range(2)[1]")
    second = first.model_copy(update={"task_id": "HumanEval/1"})
    found = read_inputs([first, second], run)
    assert len(asked) == 1
    assert [len(found[name].known) for name in ("HumanEval/0", "HumanEval/1")] == [2, 2]


@pytest.mark.parametrize(
    "text", ["1 / 0", "x", "(", "1], open(", "[lambda: 1]", "object()", "int, str"]
)
def test_an_expression_that_gives_no_data_is_skipped_and_listed(text: str) -> None:
    task = task_of([1], text, plus=[[2]])
    found = read_inputs([task], run_trusted)[task.task_id]
    assert [given.label for given in found.known] == ["base 0", "plus 0"]
    assert found.skipped == [f"base 1: {text!r} gives no arguments"]


def test_a_long_expression_is_named_by_its_beginning() -> None:
    task = task_of(f"undefined, {'1, ' * 100}")
    (line,) = read_inputs([task], run_trusted)[task.task_id].skipped
    assert len(line) < 100


HOSTILE = [
    "__import__('pathlib').Path({place!r}).write_text('x')",
    "__import__('os').system('echo x > ' + {place!r}), __import__('os').getcwd()",
    "__import__('os')._exit(0)",
    "__import__('os').kill(__import__('os').getppid(), 9)",
    "[0] * 10 ** 10",
    "'x' * 10 ** 8",
    "9 ** 9 ** 9",
    "(lambda f: f(f))(lambda f: f(f))",
    "exec('while True: pass')",
]


def test_hostile_texts_are_run_inside_the_walls_and_skipped(tmp_path: Path) -> None:
    place = tmp_path / "written"
    texts = [text.format(place=str(place)) for text in HOSTILE]
    task = task_of(*texts, [5])
    config = SCORING.model_copy(update={"isolation": "auto", "output_limit_kib": 1024})
    with closing(Ledger(tmp_path / "l.sqlite")) as ledger, open_pool(config) as pool:
        found = read_inputs([task], make_runs(config, pool, ledger).plus)[task.task_id]
    assert not place.exists()
    # system() gives an exit status, and getcwd() the name of a folder: data, of the sandbox.
    kept = {given.label: unpack(given.packed) for given in found.known}
    assert kept.pop(f"base {len(texts)}") == [5]
    assert kept.pop("base 1")[1] != str(Path.cwd())
    assert kept == {}
    assert len(found.skipped) == len(texts) - 1


def test_an_input_that_could_not_be_read_is_listed_by_the_control(tmp_path: Path) -> None:
    task = task_of([1], "undefined_name", plus=["sorted({3, 2})"])
    scored = score(tmp_path, [task], [completion(task, "def f(x):\n    return [*x]")])
    (control,) = scored.controls
    assert control.skipped == ["base 1: 'undefined_name' gives no arguments"]
    assert [(r.verdict, r.tests_total) for r in scored.results] == [("error", 2)]


def test_an_argument_that_a_shape_does_not_fit_is_named() -> None:
    task = called_task("", base=[[3]], benchmark="mbpp_plus")
    task = task.model_copy(update={"task_id": "Mbpp/2"})  # takes tuples
    with pytest.raises(DataError, match=r"mbpp_plus Mbpp/2, input base 0: .*fetch the benchmark"):
        read_inputs([task], run_nothing)


def test_performance_inputs_are_labelled_apart() -> None:
    task = called_task("", base=[[1]]).model_copy(update={"performance_inputs": "[[7], [8, 9]]"})
    assert [(given.label, unpack(given.packed)) for given in performance_inputs(task)] == [
        ("perf 0", [7]),
        ("perf 1", [8, 9]),
    ]
