"""The study's own few instructions, in CODAL-Bench's schema."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from codepref.benchmarks.rows import Dimension
from codepref.benchmarks.tasks import parse_tasks
from codepref.contamination.texts import runs, words
from codepref.judge.prompts import CRITERIA
from codepref.syntax import parse
from tests.contamination.planted import benchmark_tasks, made_matcher

FILE = Path(__file__).parents[2] / "codepref/benchmarks/starter_instructions.jsonl"
TASKS = parse_tasks(FILE.read_bytes(), "starter_instructions", FILE.name)


def test_there_are_three_of_each_dimension_and_the_first_five_have_all() -> None:
    assert Counter(task.dimension for task in TASKS) == dict.fromkeys(get_args(Dimension), 3)
    assert {task.dimension for task in TASKS[:5]} == set(get_args(Dimension)) == set(CRITERIA)


def test_every_reference_has_a_program_beside_or_within_its_words() -> None:
    for task in TASKS:
        fenced = re.findall(r"```python\n(.*?)```", task.reference_answer, re.DOTALL)
        assert task.canonical_solution or task.dimension == "explanation", task.task_id
        assert all(parse(program) for program in fenced), task.task_id


def test_none_shares_ten_words_in_a_row_with_humaneval() -> None:
    known = {
        run
        for task in benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz")
        for text in (task.text, task.canonical_solution)
        for run in runs(words(text), 10)
    }
    assert len(known) > 1000
    for task in TASKS:
        own = {run for text in (task.text, task.reference_answer) for run in runs(words(text), 10)}
        assert not own & known, task.task_id


@pytest.mark.slow
def test_none_would_be_removed_for_a_task_of_humaneval() -> None:
    matcher = made_matcher(*benchmark_tasks("humaneval_plus", "HumanEvalPlus.jsonl.gz"))
    for task in TASKS:
        matches = [*matcher.texts([task.text])[0], *matcher.code(task.canonical_solution)]
        assert not [match for match in matches if matcher.removes(match)], task.task_id
