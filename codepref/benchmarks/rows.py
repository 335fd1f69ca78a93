"""Rows of the benchmark tables: tasks, completions, results."""

from typing import Literal

from pydantic import Field

from codepref.execution.rows import Verdict
from codepref.records import Record

# What an instruction's answer is judged by: CODAL-Bench's five (arXiv 2403.09032).
Dimension = Literal["instruction_following", "explanation", "complexity", "readability", "style"]
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
    "starter_instructions",
]
# How a task is put to a model, see wordings.py.
Wording = Literal["complete", "request", "terse", "evalplus"]
Judged = Literal["codal_bench", "starter_instructions"]  # by a model; all others by tests


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
        performance_inputs: JSON list of argument lists that a slow program takes long for.
        references: programs of growing speed; reference_scores: share, in percent, of the
            released answers that each of them is at least as fast as.
        dimension: what an answer is judged by; None where tests judge.
        reference_answer: an expert's whole answer, for the judge; "" where tests judge.
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
    performance_inputs: str = ""
    references: list[str] = Field(default=[])
    reference_scores: list[float] = Field(default=[])
    dimension: Dimension | None = None
    reference_answer: str = ""

    @property
    def is_mbpp(self) -> bool:
        """Whether it is judged by MBPP+'s rules: EvalPerf has tasks of both plus benchmarks."""
        return self.task_id.startswith("Mbpp/")


class Completion(Record):
    """One answer of one variant of a model to one task.

    Attributes:
        completion_id: content id of variant, task and the sampled text.
        variant: "baseline" for the start itself, else "<method>-<seed>".
        wording: of the prompt, see wordings.py.
        policy_digest: digest of the start, or of start and adapter.
        solution: self-contained program made from the completion.
    """

    completion_id: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    wording: Wording
    prompt: str
    completion: str
    solution: str
    finish_reason: Literal["stop", "length"]
    n_tokens: int
    policy_digest: str
    engine: str
    seed: int


class Score(Record):
    """One completion's score on one benchmark: what every table of results has.

    Attributes:
        score: what the benchmark averages, a share: 1 passed and 0 not; EvalPerf: DPS / 100;
            judged: the mean rating from 1 to 10 as (rating - 1) / 9. None where there is none.
    """

    completion_id: str
    variant: str
    benchmark: Benchmark
    task_id: str
    sample_index: int
    wording: Wording
    score: float | None


class Result(Score):
    """What a benchmark's tests said about one completion.

    Attributes:
        verdict: over the tests of this benchmark: for a plus benchmark base and plus tests.
    """

    verdict: Verdict
    tests_passed: int
    tests_total: int
    failure: str
    mode: str
    isolation: str
    environment_digest: str
