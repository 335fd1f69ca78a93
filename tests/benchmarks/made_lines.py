"""One line of each benchmark as released, made up for tests, and a file of some."""

import json
from typing import Any

from codepref.benchmarks.rows import Benchmark

HUMANEVAL = {
    "task_id": "HumanEval/7",
    "prompt": "def f(x):\n    '''Say x.'''\n",
    "entry_point": "f",
    "canonical_solution": "    return x\n",
    "test": "def check(candidate):\n    assert candidate(1) == 1\n",
}
HUMANEVAL_PLUS = {**HUMANEVAL, "base_input": [[1]], "plus_input": [[2], [3]], "atol": 0}
REWRITTEN = {**HUMANEVAL_PLUS, "old_prompt": "def f(x): ...\n", "new_prompts": []}
MBPP = {
    "task_id": 11,
    "text": "Write a function to double a number. ",
    "code": "def twice(n): \r\n  return n * 2",
    "test_setup_code": "",
    "test_list": ["assert twice(21) == 42", "assert twice(0) == 0"],
    "challenge_test_list": [],
}
MBPP_PLUS = {
    "task_id": "Mbpp/793",
    "prompt": '"""\nWrite f.\nassert f(1) == 1\n"""\n',
    "entry_point": "f",
    "canonical_solution": "def f(x): return x",
    "base_input": [[1]],
    "plus_input": {},
    "atol": 0,
}
EVOEVAL = {
    "task_id": "EvoEval/3",
    "prompt": "def g(pairs, n):\n    '''Take n pairs.'''\n",
    "entry_point": "g",
    "canonical_solution": "    return pairs[:n]\n",
    "contract": "",
    "inputs": ["[[1, 2], [3, 4]], 1", "[(1, 2), (3, 4)], 1", "[i for i in range(3)], 2"],
    "parent": "HumanEval/3",
}
TOOL_USE = {**EVOEVAL, "helpers": "def half(n):\n    return n / 2", "main": "def g(): ..."}
EVALPERF = {
    "task_id": "Mbpp/3",
    "entry_point": "is_odd",
    "reference": [
        "def is_odd(n):\n    while n > 1:\n        n -= 2\n    return n == 1\n",
        "def is_odd(n):\n    return n % 2 == 1\n",
    ],
    "scores": [12.5, 100.0],
    "pe_input": "[[1000001]]",
}
CODAL_BENCH = {
    "instruction": "Write a function that counts the vowels of a line, and say how it works.",
    "preference": "explanation",
    "gpt-3.5-turbo_response": (
        "Walk over the letters:\n```python\ndef vowels(line):\n"
        "    return sum(letter in 'aeiou' for letter in line)\n```\nIt is linear."
    ),
    "gpt-4-turbo_response": "In a shell:\n```bash\ngrep -o '[aeiou]' | wc -l\n```",
}
MADE: dict[Benchmark, dict[str, Any]] = {
    "humaneval": HUMANEVAL,
    "humaneval_plus": HUMANEVAL_PLUS,
    "mbpp": MBPP,
    "mbpp_plus": MBPP_PLUS,
    "evalperf": EVALPERF,
    "evoeval_difficult": EVOEVAL,
    "evoeval_creative": EVOEVAL,
    "evoeval_subtle": EVOEVAL,
    "evoeval_combine": EVOEVAL,
    "evoeval_tool_use": TOOL_USE,
    "evoeval_verbose": REWRITTEN,
    "evoeval_concise": REWRITTEN,
    "codal_bench": CODAL_BENCH,
    "starter_instructions": CODAL_BENCH,
}


def jsonl(*rows: dict[str, Any]) -> bytes:
    """Write rows as the lines of a file."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
