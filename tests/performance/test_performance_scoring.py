"""Measured completions to rows and scores."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Completion, Task
from codepref.errors import DataError
from codepref.ledger import Ledger
from codepref.performance.meters import Bench, Reading
from codepref.performance.metrics import OFFICIAL_SHA256, Circumstances, performance_metrics
from codepref.performance.rows import Counter, Measurement
from codepref.performance.scoring import measure_answers, reference_cost
from codepref.performance.selection import choose
from tests.performance.made import SCORES, TASK, answer, loop, make_config, results_of

SAMPLING = SampleBenchmarkConfig.model_validate(
    {
        "n": 1,
        "temperature": 0.0,
        "top_p": 1.0,
        "max_new_tokens": 8,
        "limit": None,
        "tasks": {},
        "seed": 0,
        "wordings": {"complete": None},
        "benchmarks": {"evalperf": {"n": 100, "temperature": 1.0}},
    }
)
COSTS = {"fast": 1.0, "middle": 4.0, "edge": 6.0, "over": 6.1, "slow": 99.0}
SETTLED = {"wrong": "failed", "late": "timeout", "lies": "implausible", "lost": "unmeasured"}


class Table:
    """A meter that knows the cost of a few programs by name."""

    counter = "cpu_time"

    def ready(self, task: Task) -> "Table":
        del task
        return self

    def __call__(self, code: str) -> Reading:
        if code in SETTLED:
            return Reading(SETTLED[code], None, "why")  # type: ignore[arg-type]
        costs = dict(zip(TASK.references, (16.0, 4.0, 1.0), strict=True)) | COSTS
        return Reading("measured", costs[code])


@pytest.fixture
def table(bench: Bench) -> Bench:
    return bench._replace(meter=Table())  # type: ignore[arg-type]


def measure(rows: Sequence[Completion], bench: Bench, ledger: Ledger) -> list[Measurement]:
    answers = choose(rows, results_of(rows), "complete", bench.config)
    tasks = [TASK, TASK.model_copy(update={"task_id": "Mbpp/3"})]
    return measure_answers(tasks, answers, bench, ledger)


def test_programs_of_known_work_reach_the_references_of_that_work(
    bench: Bench, ledger: Ledger
) -> None:
    rows = [answer(loop(times), index) for index, times in enumerate((1, 4, 16, 64))]
    found = measure(rows, bench, ledger)
    assert [row.reference for row in found] == [2, 1, 0, -1]
    assert [row.dps for row in found] == [*SCORES[::-1], 0.0]
    assert [row.dps_norm for row in found] == pytest.approx([100, 200 / 3, 100 / 3, 0])
    assert [row.score for row in found] == [1.0, 0.6, 0.2, 0.0]
    assert {row.counter for row in found} == {"cpu_time"}


def test_rows_are_the_same_when_nothing_is_measured_again(bench: Bench, ledger: Ledger) -> None:
    rows = [answer(loop(2)), answer(loop(8), 1), answer(loop(2), variant="dpo-0")]
    first = measure(rows, bench, ledger)
    assert measure(list(reversed(rows)), bench, ledger) == first
    # Equal programs are one measurement, whoever wrote them.
    assert first[0].cost == first[2].cost


@pytest.mark.parametrize(("name", "reference"), [("edge", 1), ("over", 0)])
def test_the_tolerance_of_the_counter_in_use_counts(
    table: Bench, ledger: Ledger, name: str, reference: int
) -> None:
    """50 % of tolerance for CPU time: 6 is as fast as 4, and 6.1 is not."""
    (row,) = measure([answer(name)], table, ledger)
    assert row.reference == reference


@pytest.mark.parametrize(
    ("name", "score"), [("wrong", 0.0), ("late", 0.0), ("lies", 0.0), ("lost", None)]
)
def test_what_cannot_be_measured_scores_zero_unless_the_harness_failed(
    table: Bench, ledger: Ledger, name: str, score: float | None
) -> None:
    (row,) = measure([answer(name)], table, ledger)
    assert (row.score, row.dps, row.reference) == (score, score, -1)
    assert (row.status, row.failure, row.cost) == (SETTLED[name], "why", None)


@pytest.mark.parametrize(
    ("reading", "cost"),
    [
        (Reading("measured", 2.0), 2.0),
        (Reading("timeout", None), math.inf),
        (Reading("failed", None), math.nan),
        (Reading("implausible", 0.1), math.nan),
    ],
)
def test_a_reference_without_a_cost_is_slowest_or_never_reached(
    reading: Reading, cost: float
) -> None:
    assert reference_cost(reading) == pytest.approx(cost, nan_ok=True)


def test_a_task_that_is_not_in_the_benchmark_stops_the_stage(table: Bench, ledger: Ledger) -> None:
    with pytest.raises(DataError, match="answer Mbpp/9, which is not in the benchmark"):
        measure([answer("fast", task_id="Mbpp/9")], table, ledger)


def scores_of(
    rows: Sequence[Completion], bench: Bench, ledger: Ledger, *, sha256: str = "f00", **changes: Any
) -> dict[str, Any]:
    config = make_config(**changes)
    answers = choose(rows, results_of(rows), "complete", config)
    tasks = [TASK, TASK.model_copy(update={"task_id": "Mbpp/3"})]
    bench = bench._replace(config=config)
    measured = measure_answers(tasks, answers, bench, ledger)
    source = {"release": "1", "source": "file", "source_sha256": sha256}
    found = Circumstances(source, SAMPLING, bench)
    metrics: dict[str, Any] = performance_metrics(rows, answers, measured, found)
    return metrics


TWO_TASKS = [
    answer("fast", 0),  # 100
    answer("middle", 1),  # 60
    answer("slow", 2),  # 0
    answer("late", 3),  # 0
    answer("lost", 4),
    answer("fast", 0, task_id="Mbpp/3"),  # 100
]


def test_a_variant_is_the_mean_over_tasks_of_the_mean_over_programs(
    table: Bench, ledger: Ledger
) -> None:
    found = scores_of(TWO_TASKS, table, ledger)["baseline"]
    assert found["dps"] == (40.0 + 100.0) / 2
    assert found["dps_norm"] == pytest.approx(((100 + 200 / 3) / 4 + 100) / 2)
    assert 40.0 <= found["dps_low"] <= 70.0 <= found["dps_high"] <= 100.0
    assert (found["n_tasks"], found["n_samples"], found["n_measured"]) == (2, 6, 4)
    assert found["statuses"] == {
        "measured": 4,
        "failed": 0,
        "timeout": 1,
        "implausible": 0,
        "unmeasured": 1,
    }
    assert (found["n_references"], found["references_out_of_order"]) == (6, 0)
    assert (found["policy_digest"], found["counter"]) == ("digest of baseline", "cpu_time")


def test_tasks_with_too_few_correct_completions_are_counted(table: Bench, ledger: Ledger) -> None:
    """One task has five of them, the other one."""
    found = scores_of(TWO_TASKS, table, ledger, min_correct=5)["baseline"]
    assert (found["dps"], found["n_tasks"], found["n_tasks_too_few_correct"]) == (40.0, 1, 1)


def test_no_task_solved_often_enough_has_no_score(table: Bench, ledger: Ledger) -> None:
    found = scores_of(TWO_TASKS, table, ledger, min_correct=9)["baseline"]
    assert (found["dps"], found["dps_low"], found["n_tasks"]) == (None, None, 0)
    assert found["n_tasks_too_few_correct"] == 2


def test_a_task_that_the_harness_lost_is_counted(table: Bench, ledger: Ledger) -> None:
    found = scores_of([answer("lost")], table, ledger)["baseline"]
    assert (found["dps"], found["n_tasks"], found["n_tasks_unmeasured"]) == (None, 0, 1)


@pytest.mark.parametrize(
    ("sha256", "counter", "comparable"),
    [
        (OFFICIAL_SHA256, "instructions", True),
        (OFFICIAL_SHA256, "cpu_time", False),
        ("b5d23786", "instructions", False),
    ],
)
def test_only_instructions_on_the_released_file_stand_beside_the_leaderboard(
    table: Bench, ledger: Ledger, sha256: str, counter: Counter, *, comparable: bool
) -> None:
    table.meter.counter = counter
    found = scores_of([answer("fast")], table, ledger, sha256=sha256)
    assert found["baseline"]["comparable_with_leaderboard"] is comparable
    assert found["harness"]["source_sha256"] == sha256


@pytest.mark.parametrize(
    "change", [{"sha256": "other"}, {"rounds": 4}, {"min_correct": 2}, {"cpu_limit_s": 2}]
)
def test_another_way_to_measure_is_another_fingerprint(
    table: Bench, ledger: Ledger, change: dict[str, Any]
) -> None:
    one = scores_of([answer("fast")], table, ledger)
    other = scores_of([answer("fast")], table, ledger, **change)
    assert one["baseline"]["harness"] == one["harness"]["fingerprint"]
    assert one["harness"]["n"] == 100
    assert other["harness"]["fingerprint"] != one["harness"]["fingerprint"]
