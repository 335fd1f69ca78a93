"""The study's own problems are not the benchmarks': few meet a task, and each was looked at."""

import json
from pathlib import Path

from codepref.benchmarks.rows import Task
from tests.contamination.planted import benchmark_tasks, made_matcher

PROBLEMS = Path(__file__).parents[2] / "codepref/selfalign/problems.jsonl"


def met(tasks: list[Task], *, removed: bool) -> set[tuple[str, str, str]]:
    matcher = made_matcher(*tasks)
    found = set()
    for line in PROBLEMS.read_text(encoding="utf-8").splitlines():
        problem = json.loads(line)
        matches = [
            *matcher.texts([problem["text"]])[0],
            *matcher.code(problem["reference"]),
            *matcher.tests(["\n".join(problem["tests"])])[0],
        ]
        found |= {
            (problem["problem_id"], matcher.tasks[match.task].task_id, match.method)
            for match in matches
            if matcher.removes(match) or not removed
        }
    return found


def test_of_128_starter_problems_none_is_removed_for_humaneval_and_one_is_reported() -> None:
    """`all_positive` of a list is `below_threshold` of one but for the comparison."""
    tasks = benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz")
    assert met(tasks, removed=True) == set()
    assert met(tasks, removed=False) == {("starter/002", "HumanEval/52", "minhash")}


def test_starter_problems_that_are_tasks_of_mbpp_are_removed_for_it() -> None:
    """Each is the same function: even numbers, sums by element, duplicates, a tally of items."""
    tasks = benchmark_tasks("mbpp_plus", "MbppPlus.jsonl.gz")
    assert met(tasks, removed=True) == {
        ("starter/014", "Mbpp/412", "ast"),
        ("starter/014", "Mbpp/629", "ast"),
        ("starter/093", "Mbpp/728", "ast"),
        ("starter/109", "Mbpp/19", "ast"),
        ("starter/124", "Mbpp/237", "minhash"),
    }
