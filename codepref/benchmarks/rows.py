"""Rows of the benchmark tables: tasks, completions, results."""

from typing import Literal

from codepref.execution.rows import Verdict
from codepref.records import Record

# All can be fetched and searched for contamination; of these alone answers can be scored.
Scored = Literal["humaneval", "humaneval_plus", "mbpp_plus"]
Benchmark = Literal[
    "humaneval",
    "humaneval_plus",
    "mbpp",
    "mbpp_plus",
    "evalperf",
    "evoeval_difficult",
    "evoeval_creative",
    "evoeval_subtle",
    "evoeval_combine",
    "evoeval_tool_use",
    "evoeval_verbose",
    "evoeval_concise",
    "codal_bench",
]


class Task(Record):
    """One problem of a benchmark.

    Attributes:
        task_id: the benchmark's own, such as "HumanEval/12".
        text: what the model is asked, before any template; "" where the file does not say.
        prompt_code: code that the solution starts from (signature, docstring), or "".
        entry_point: function under test; "" where none is.
        canonical_solution: a whole program that is known to be right; "" where there is none.
        test: program text that defines check(candidate); "" where inputs are used.
        base_inputs, plus_inputs: JSON list of argument lists, "" where there are none. In place
            of a list may stand its text in Python, where JSON would lose a tuple, set or key.
        atol: absolute tolerance for floats.
    """

    task_id: str
    benchmark: Benchmark
    text: str
    prompt_code: str
    entry_point: str
    canonical_solution: str
    test: str
    base_inputs: str
    plus_inputs: str
    atol: float


class Completion(Record):
    """One answer of one variant of a model to one task.

    Attributes:
        completion_id: content id of variant, task and the sampled text.
        variant: "baseline" for the start itself, else "<method>-<seed>".
        policy_digest: digest of the start, or of start and adapter.
        solution: self-contained program made from the completion.
    """

    completion_id: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    prompt: str
    completion: str
    solution: str
    finish_reason: Literal["stop", "length"]
    n_tokens: int
    policy_digest: str
    engine: str
    seed: int


class Result(Record):
    """What a benchmark's tests said about one completion.

    Attributes:
        verdict: over the tests of this benchmark: for a plus benchmark base and plus tests.
    """

    completion_id: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    mode: str
    isolation: str
    environment_digest: str
