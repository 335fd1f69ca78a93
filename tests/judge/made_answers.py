"""Instructions and answers to them, made up for tests."""

from codepref.benchmarks.rows import Completion, Dimension, Task

DIMENSIONS: tuple[Dimension, ...] = (
    "instruction_following",
    "explanation",
    "complexity",
    "readability",
    "style",
)


def instruction(number: int, dimension: Dimension | None = None) -> Task:
    return Task(
        task_id=f"CODAL/{number}",
        benchmark="starter_instructions",
        text=f"Add {number}.",
        prompt_code="",
        entry_point="",
        canonical_solution="",
        test="",
        base_inputs="",
        plus_inputs="",
        atol=0.0,
        dimension=dimension or DIMENSIONS[number % len(DIMENSIONS)],
        reference_answer=f"Reference {number}.",
    )


def answer(number: int, text: str = "An answer.", **changes: object) -> Completion:
    """An answer of the baseline to the instruction of that number."""
    fields = {
        "completion_id": f"c{number}",
        "variant": "baseline",
        "benchmark": "starter_instructions",
        "task_id": f"CODAL/{number}",
        "sample_index": 0,
        "wording": "complete",
        "prompt": "",
        "completion": text,
        "solution": "",
        "finish_reason": "stop",
        "n_tokens": 1,
        "policy_digest": "digest",
        "engine": "fake",
        "seed": 0,
    }
    return Completion.model_validate(fields | changes)
