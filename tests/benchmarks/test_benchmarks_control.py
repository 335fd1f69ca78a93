"""The gold control: canonical solutions in the same run, and what follows where one fails."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from codepref.benchmarks.calling import Runs
from codepref.benchmarks.config import Rules
from codepref.benchmarks.judging import Run
from codepref.benchmarks.metrics import benchmark_metrics
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.scoring import (
    Harness,
    Scored,
    one_by_one,
    open_harness,
    score_completions,
)
from codepref.execution.config import ExecutionConfig
from codepref.execution.jobs import Job, Outcome
from codepref.execution.rows import Verdict
from codepref.execution.values import pack
from codepref.execution.verdicts import Finding
from codepref.ledger import Ledger
from tests.benchmarks.fake_execution import ends_with, run_trusted
from tests.benchmarks.made_config import CIRCUMSTANCES, SCORING
from tests.benchmarks.made_tasks import called_task, checked_task, completion

TRUSTED = Runs(run_trusted, run_trusted)
CHECKED = checked_task(
    prompt="def f(x):\n    'x'\n", body="    return x\n", test="def check(g):\n    assert g(2) == 2"
)
OTHER = CHECKED.model_copy(
    update={"task_id": "HumanEval/1", "canonical_solution": "def f(x):\n    return 0 + x\n"}
)
WRONG_TEST = CHECKED.model_copy(update={"canonical_solution": "def f(x):\n    return 0\n"})
CALLED = called_task("def f(x):\n    return x * 2", base=[[1]], plus=[[2], [3]])
RIGHT, WRONG = "def f(x):\n    return +x", "def f(x):\n    return 7"
DOUBLE = "def f(x):\n    return x + x"


def score(
    tasks: Sequence[Task], rows: Sequence[Completion], together: Run, alone: Run = run_trusted
) -> Scored:
    harness = Harness(Runs(together, together), Runs(alone, alone), "corrected")
    return score_completions(tasks, rows, harness)


def answers(task: Task, *solutions: str) -> list[Completion]:
    return [completion(task, text, index=index) for index, text in enumerate(solutions)]


def is_canonical_of(task: Task) -> Callable[[Job], bool]:
    return lambda job: job.code == task.canonical_solution


def verdicts(scored: Scored) -> list[str]:
    return [result.verdict for result in scored.results]


def test_a_control_that_fails_beside_others_and_passes_alone_counts_as_passed() -> None:
    crowded = ends_with("timeout", is_canonical_of(CHECKED))
    scored = score([CHECKED], answers(CHECKED, RIGHT, WRONG), crowded)
    (control,) = scored.controls
    assert (control.judgement.verdict, control.judged_again) == ("passed", True)
    assert verdicts(scored) == ["passed", "failed"]


def test_answers_are_judged_again_with_their_control() -> None:
    """A busy machine that ended the control may have ended them too."""
    scored = score([CHECKED], answers(CHECKED, RIGHT, WRONG), ends_with("timeout", bool))
    assert verdicts(scored) == ["passed", "failed"]


def test_tasks_whose_control_passes_are_not_judged_again() -> None:
    asked: list[str] = []

    def alone(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        asked.extend(job.code for job in jobs)
        return run_trusted(jobs)

    rows = [*answers(CHECKED, WRONG), *answers(OTHER, RIGHT)]
    crowded = ends_with("crashed", is_canonical_of(CHECKED))
    scored = score([CHECKED, OTHER], rows, crowded, alone)
    assert asked == [CHECKED.canonical_solution, WRONG]
    assert {c.task_id: c.judged_again for c in scored.controls} == {
        "HumanEval/0": True,
        "HumanEval/1": False,
    }


@pytest.mark.parametrize("solution", [RIGHT, WRONG, WRONG_TEST.canonical_solution])
def test_answers_to_a_task_whose_control_fails_alone_have_no_verdict(solution: str) -> None:
    scored = score([WRONG_TEST], answers(WRONG_TEST, solution), run_trusted)
    (result,) = scored.results
    assert (result.verdict, result.score) == ("infra_error", None)
    assert result.failure == "the canonical solution fails too: failed"


def test_a_task_that_is_lost_is_listed_and_marks_the_score() -> None:
    rows = [*answers(WRONG_TEST, RIGHT), *answers(OTHER, RIGHT)]
    scored = score([WRONG_TEST, OTHER], rows, run_trusted)
    metrics = benchmark_metrics([WRONG_TEST, OTHER], rows, scored, CIRCUMSTANCES, set())
    found, control = metrics["baseline"], metrics["canonical"]
    assert isinstance(found, Mapping) and isinstance(control, Mapping)
    assert (found["marked"], found["pass_at_1"], found["coverage"]) == (1, 1.0, 0.5)
    assert (found["lowest"], found["highest"]) == (0.5, 1.0)
    assert (control["failed"], control["n_passed"]) == ("HumanEval/0: failed", 1)
    assert (control["n_judged_again"], control["judged_again"]) == (1, "HumanEval/0")


def test_a_score_without_lost_tasks_is_not_marked() -> None:
    rows = answers(CHECKED, RIGHT)
    scored = score([CHECKED], rows, run_trusted)
    metrics = benchmark_metrics([CHECKED], rows, scored, CIRCUMSTANCES, set())
    found, control = metrics["baseline"], metrics["canonical"]
    assert isinstance(found, Mapping) and isinstance(control, Mapping)
    assert (found["marked"], control["failed"], control["n_judged_again"]) == (0, "", 0)


def test_a_control_that_a_limit_cut_is_judged_again_with_all_its_inputs() -> None:
    def cut(job: Job) -> bool:
        return job.code == CALLED.canonical_solution and job.inputs[0] == pack([2])

    def crowded(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            first = job.model_copy(update={"inputs": job.inputs[:1]})
            whole = pack([2]) not in job.inputs or job.code != CALLED.canonical_solution
            yield from ((job, out) for _, out in run_trusted([job if whole else first]))

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        return ends_with("timeout", cut, crowded)(jobs)

    scored = score([CALLED], answers(CALLED, DOUBLE), run)
    (control,) = scored.controls
    assert (control.judged_again, control.skipped) == (True, [])
    assert [(r.verdict, r.tests_passed, r.tests_total) for r in scored.results] == [
        ("passed", 3, 3)
    ]


def test_an_input_that_meets_the_limit_alone_too_is_skipped_for_every_answer() -> None:
    slow = called_task(
        "def f(x):\n    if x == 2: raise EarlyEnd\n    return x * 2", base=[[1]], plus=[[2], [3]]
    )
    scored = score(
        [slow], answers(slow, "def f(x):\n    return x * 2 if x != 2 else 0"), run_trusted
    )
    (control,) = scored.controls
    assert (control.judgement.verdict, control.judged_again) == ("passed", True)
    assert control.skipped == ["plus 0: timeout"]
    assert [(r.verdict, r.tests_total) for r in scored.results] == [("passed", 2)]


def test_alone_one_job_is_handed_over_when_the_one_before_has_ended() -> None:
    handed: list[int] = []

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        handed.append(len(jobs))
        return run_trusted(jobs)

    job = Job(
        job_id="a",
        mode="call",
        code="",
        setup="",
        tests=[],
        self_written=False,
        entry_point="f",
        inputs=[],
        whole=False,
    )
    jobs = [job, job.model_copy(update={"job_id": "b"})]
    assert [found.job_id for found, _ in one_by_one(run)(jobs)] == ["a", "b"]
    assert handed == [1, 1]


class CrowdedPool:
    """A program ends early the first time and passes from then on."""

    isolation = "none"
    at_once = 100

    def __init__(self) -> None:
        self.ran: list[str] = []

    def measure(
        self, jobs: Mapping[str, Job], config: ExecutionConfig
    ) -> Iterator[tuple[str, Finding]]:
        del config
        for key in jobs:
            verdict: Verdict = "passed" if key in self.ran else "crashed"
            self.ran.append(key)
            yield key, Finding(verdict, 1, 1, "", "")


def test_what_is_judged_again_is_run_again_whatever_the_ledger_knows(tmp_path: Path) -> None:
    pool, ledger = CrowdedPool(), Ledger(tmp_path / "executions.sqlite")
    for _ in range(2):
        with open_harness(SCORING, pool, ledger) as harness:
            scored = score_completions([CHECKED], answers(CHECKED, RIGHT), harness)
        assert [control.judged_again for control in scored.controls] == [True]
        assert verdicts(scored) == ["passed"]
    # The control and the answer: once for the ledger, and again alone in each of two runs.
    assert len(pool.ran) == 2 * 3


@pytest.mark.parametrize(
    ("rules", "benchmark", "task_id", "verdict"),
    [
        ("evalplus_0.3.1", "humaneval_plus", "HumanEval/32", "failed"),
        ("corrected", "humaneval_plus", "HumanEval/32", "passed"),
        ("evalplus_0.3.1", "humaneval_plus", "HumanEval/33", "passed"),
        ("evalplus_0.3.1", "evoeval_verbose", "HumanEval/32", "passed"),
        ("evalplus_0.3.1", "humaneval", "HumanEval/32", "passed"),
    ],
)
def test_evalplus_rules_fail_its_unpassable_task_alone(
    rules: Rules, benchmark: Benchmark, task_id: str, verdict: str
) -> None:
    task = CHECKED.model_copy(update={"benchmark": benchmark, "task_id": task_id})
    harness = Harness(TRUSTED, TRUSTED, rules)
    scored = score_completions([task], answers(task, RIGHT), harness)
    assert verdicts(scored) == [verdict]
    assert [control.judgement.verdict for control in scored.controls] == ["passed"]
