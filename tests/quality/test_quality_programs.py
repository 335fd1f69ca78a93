"""Which text of a completion is its program."""

import pytest

from codepref.benchmarks.rows import Benchmark
from codepref.quality.programs import fenced_program, program_of
from tests.judge.made_answers import answer


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("Here:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```py\nx = 1\n```\nand\n```Python\ny = 2\n```", "x = 1\n\n\ny = 2\n"),
        ("```python\nx = 1", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```\n$ ls\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("1. So:\n   ```python\n   def f():\n       return 1\n   ```", "def f():\n    return 1\n"),
        ("```java\nint x;\n```", ""),
        ("x = 1", ""),
        ("```python\n\n```", ""),
        ("", ""),
    ],
)
def test_the_fenced_python_of_an_answer_is_its_program(text: str, program: str) -> None:
    assert fenced_program(text) == program


@pytest.mark.parametrize(
    ("benchmark", "program"), [("humaneval", "y = 2\n"), ("codal_bench", "x = 1\n")]
)
def test_a_judged_benchmark_has_no_solution_and_the_others_do(
    benchmark: Benchmark, program: str
) -> None:
    row = answer(0, "```python\nx = 1\n```", benchmark=benchmark, solution="y = 2\n")
    assert program_of(row) == program
