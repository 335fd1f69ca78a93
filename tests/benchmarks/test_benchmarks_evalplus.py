"""Agreement with EvalPlus on programs that are nearly right."""

import json
from pathlib import Path
from typing import Any

import pytest

from codepref.benchmarks.mbpp_inputs import restore_arguments
from codepref.benchmarks.rows import Benchmark, Task
from codepref.benchmarks.tasks import first_tasks, task_number
from tests.benchmarks.made_tasks import completion
from tests.benchmarks.test_benchmarks_canonical import plus_tasks, score

OWN_RULES = {2, 7, 111, 140, 164, 232, 249, 295, 558, 579, 581, 737, 769, 787, 794}
CHANGES = [
    "value",
    "None",
    "not value",
    "float(value)",
    "value + 1e-7",
    "value + 1e-3",
    "[item + 1e-7 for item in value]",
    "[float(item) for item in value]",
    "list(value)",
    "tuple(value)",
    "set(value)",
    "list(reversed(value))",
    "bool(value)",
    "str(value)",
]
WRAPPED = """{code}
_right = {name}
def {name}(*arguments):
    value = _right(*arguments)
    return {change}
"""


def verdict_of_evalplus(task: Task, code: str) -> bool:
    from evalplus.eval import untrusted_check

    number = task_number(task) if task.benchmark == "mbpp_plus" else 0
    inputs = [restore_arguments(number, arguments) for arguments in json.loads(task.base_inputs)]
    names: dict[str, Any] = {}
    exec(task.canonical_solution, names)
    expected = [names[task.entry_point](*arguments) for arguments in inputs]
    if task.entry_point in ("check_str", "text_match_three", "text_starta_endb"):
        expected = [value is not None for value in expected]
    status, _ = untrusted_check(
        task.benchmark.removesuffix("_plus"),
        code,
        inputs,
        task.entry_point,
        expected=expected,
        atol=task.atol,
        ref_time=[0.1] * len(inputs),
        fast_check=True,
    )
    return status == "pass"


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", ["humaneval_plus", "mbpp_plus"])
def test_nearly_right_programs_are_judged_as_evalplus_does(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    pytest.importorskip("evalplus.eval")
    known = plus_tasks(benchmark)
    chosen = first_tasks(known, 15)
    if benchmark == "mbpp_plus":
        chosen += [t for t in known if task_number(t) in OWN_RULES and t not in chosen]
    base_only = [task.model_copy(update={"plus_inputs": "[]"}) for task in chosen]
    rows = [
        completion(
            task,
            WRAPPED.format(code=task.canonical_solution, name=task.entry_point, change=change),
            index=index,
        )
        for task in base_only
        for index, change in enumerate(CHANGES)
    ]
    ours = {
        r.completion_id: r.verdict == "passed" for r in score(tmp_path, base_only, rows).results
    }
    by_id = {task.task_id: task for task in base_only}
    theirs = {r.completion_id: verdict_of_evalplus(by_id[r.task_id], r.solution) for r in rows}
    assert {name for name in ours if ours[name] != theirs[name]} == set()
    assert 0 < sum(theirs.values()) < len(theirs)
