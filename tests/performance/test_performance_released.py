"""EvalPerf's schema and references, where CODEPREF_BENCHMARKS names a folder that has the file.

It is a reconstruction: the references are released solutions in EvalPerf's own order, the inputs
are fitted, and `provenance` says how well (Spearman's correlation with that order).
"""

import gzip
import itertools
import json
from typing import Any

import pytest

from codepref.benchmarks.inputs import performance_inputs
from codepref.benchmarks.rows import Task
from codepref.benchmarks.tasks import with_problems
from codepref.ledger import Ledger
from codepref.performance.measuring import measure_programs
from codepref.performance.meters import open_bench
from tests.contamination.planted import benchmark_tasks, found_file
from tests.performance.made import make_config

FILE = "evalperf_reconstructed.jsonl.gz"
N_TASKS = 118
FITTED, GAP = 0.8, 1.5
LARGE = 1_000_000  # of JSON text


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    plus = [
        *benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz"),
        *benchmark_tasks("mbpp_plus", "MbppPlus.jsonl.gz"),
    ]
    return with_problems(benchmark_tasks("evalperf", FILE), plus)


def well_fitted() -> list[str]:
    """Give tasks of three references and more that were far apart when the inputs were fitted."""
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in gzip.decompress(found_file(FILE).read_bytes()).splitlines()
    ]
    return [
        line["task_id"]
        for line in lines
        if line["provenance"]["spearman"] >= FITTED and _apart(line["provenance"]["ref_cpu_s"])
    ]


def _apart(costs: list[float]) -> bool:
    return len(costs) >= 3 and all(
        slower > GAP * faster for slower, faster in itertools.pairwise(costs)
    )


def test_every_task_has_its_problem_its_inputs_and_a_score_for_each_reference(
    tasks: list[Task],
) -> None:
    assert len({task.task_id for task in tasks}) == N_TASKS
    for task in tasks:
        assert task.text
        assert task.base_inputs
        assert len(task.references) == len(task.reference_scores) > 0
        assert task.reference_scores == sorted(task.reference_scores)
        if len(task.performance_inputs) < LARGE:
            assert len(performance_inputs(task)) == 1


@pytest.mark.slow
def test_references_cost_less_and_less_in_the_order_of_the_file(
    tasks: list[Task], ledger: Ledger
) -> None:
    """Of all pairs of references nine in ten at least; in an order by chance half of them would."""
    names = well_fitted()
    ordered: list[bool] = []
    with open_bench(make_config(cpu_limit_s=45, memory_limit_mib=4096, rounds=3)) as bench:
        for task in [task for task in tasks if task.task_id in names]:
            found = measure_programs(task, task.references, bench, ledger)
            costs = [found[code].own.cost for code in task.references]
            pairs = itertools.combinations([cost for cost in costs if cost is not None], 2)
            ordered += [slower > faster for slower, faster in pairs]
    assert len(ordered) >= 3 * len(names)
    assert sum(ordered) / len(ordered) >= 0.9
