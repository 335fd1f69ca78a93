"""Agreement with EvalPlus on right and nearly right programs, disagreements named one by one.

`pytest --log-cli-level=INFO -m slow -k evalplus` lists them with what explains each.
"""

import json
import logging
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from codepref.benchmarks.mbpp_inputs import restore_arguments
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.tasks import task_number
from tests.benchmarks.evalplus_judge import Case
from tests.benchmarks.made_tasks import completion
from tests.benchmarks.mutants import CHANGES, mutants, wrapped
from tests.benchmarks.test_benchmarks_canonical import released_tasks, score

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
PLUS_INPUTS = 24  # of each task: EvalPlus takes minutes for some of the later ones
DATASETS = {"humaneval_plus": "humaneval", "mbpp_plus": "mbpp"}
# All tasks take seven minutes; these take two, with all that have rules of their own.
EVERY = {"humaneval_plus": 2, "mbpp_plus": 6}
OWN_RULES = {
    "humaneval_plus": {32},
    "mbpp_plus": {2, 7, 111, 140, 164, 232, 249, 295, 558, 579, 581, 737, 769, 787, 794},
}
LIAR = "type('L', (), {'__eq__': lambda s, o: True})()"


class Disagreement(NamedTuple):
    """A program that one side passes and the other does not."""

    task_id: str
    change: str
    passes_here: bool


def shortened(task: Task) -> Task:
    plus = json.loads(task.plus_inputs)[:PLUS_INPUTS]
    return task.model_copy(update={"plus_inputs": json.dumps(plus)})


def programs(task: Task) -> dict[str, str]:
    code, name = task.canonical_solution, task.entry_point
    changed = dict(zip(CHANGES, wrapped(code, name), strict=True))
    mutated = {f"mutant {n}": text for n, text in enumerate(mutants(code, name))}
    return {"canonical": code, **changed, **mutated}


def case(task: Task) -> Case:
    number = task_number(task) if task.is_mbpp else 0
    lists = json.loads(task.base_inputs) + json.loads(task.plus_inputs)
    return Case(
        dataset=DATASETS[task.benchmark],
        task_id=task.task_id,
        entry_point=task.entry_point,
        canonical=task.canonical_solution,
        inputs=[restore_arguments(number, arguments) for arguments in lists],
        atol=task.atol,
        programs=list(programs(task).values()),
    )


def verdicts_of_evalplus(folder: Path, tasks: list[Task]) -> dict[tuple[str, str], bool]:
    (folder / "cases.pickle").write_bytes(pickle.dumps([case(task) for task in tasks]))
    words = [str(folder / "cases.pickle"), str(folder / "verdicts.json")]
    command = [sys.executable, "-m", "tests.benchmarks.evalplus_judge", *words]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    found = json.loads((folder / "verdicts.json").read_text())
    return {
        (task.task_id, change): verdict
        for task in tasks
        for change, verdict in zip(programs(task), found[task.task_id], strict=True)
    }


def own_verdicts(folder: Path, tasks: list[Task]) -> dict[tuple[str, str], bool]:
    rows: dict[str, tuple[tuple[str, str], Completion]] = {}
    for task in tasks:
        for index, (change, text) in enumerate(programs(task).items()):
            row = completion(task, text, index=index)
            rows[row.completion_id] = ((task.task_id, change), row)
    results = score(folder, tasks, [row for _, row in rows.values()]).results
    return {rows[r.completion_id][0]: r.verdict == "passed" for r in results}


def finds_roots(program: str) -> bool:
    """Whether a program for HumanEval/32 does what is asked, on polynomials of our own."""
    names: dict[str, Any] = {}
    exec(program, names)  # the canonical solution, or a change of it by mutants.py
    polynomials = ([1, 2], [-6, 11, -6, 1], [3, -1])
    try:
        found = [names["find_zero"](list(polynomial)) for polynomial in polynomials]
    except ArithmeticError:
        return False
    values = [
        sum(c * x**n for n, c in enumerate(p)) for p, x in zip(polynomials, found, strict=True)
    ]
    return all(abs(value) < 1e-3 for value in values)


def explanation(differing: Disagreement, program: str) -> str:
    """Say why the two judge a program differently; "" where nothing is known to explain it."""
    if differing.change == LIAR and not differing.passes_here:
        return "EvalPlus compares in the program's own process, by the program's own __eq__"
    if differing.task_id == "HumanEval/32" and differing.passes_here and finds_roots(program):
        return "EvalPlus 0.3.1 counts every answer to it as wrong; mended on its main branch only"
    return ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # in canonical solutions
@pytest.mark.parametrize("benchmark", sorted(DATASETS))
def test_programs_are_judged_as_evalplus_does(benchmark: Benchmark, tmp_path: Path) -> None:
    pytest.importorskip("evalplus.eval")
    tasks = [
        shortened(task)
        for index, task in enumerate(released_tasks(benchmark))
        if index % EVERY[benchmark] == 0 or task_number(task) in OWN_RULES[benchmark]
    ]
    theirs, ours = verdicts_of_evalplus(tmp_path, tasks), own_verdicts(tmp_path, tasks)
    assert ours.keys() == theirs.keys()
    differing = [
        Disagreement(*name, passes_here=ours[name]) for name in ours if ours[name] != theirs[name]
    ]
    by_id = {task.task_id: programs(task) for task in tasks}
    told = {d: explanation(d, by_id[d.task_id][d.change]) for d in differing}
    for disagreement, reason in told.items():
        logger.info("%s, %s: %s", disagreement.task_id, disagreement.change, reason or "WHY?")
    assert [d for d, reason in told.items() if not reason] == []
    assert 2 * sum(d.change == LIAR for d in differing) > len(tasks)
    assert 0 < sum(theirs.values()) < len(theirs)
