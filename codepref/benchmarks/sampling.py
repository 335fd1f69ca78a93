"""Answers of every variant of a start to the tasks of the benchmarks."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from codepref.benchmarks.config import SampleBenchmarkConfig
from codepref.benchmarks.rows import Completion, Task
from codepref.benchmarks.solutions import make_solution
from codepref.benchmarks.variants import Variant
from codepref.checkpoints.fences import STOP
from codepref.checkpoints.manifest import Start
from codepref.checkpoints.prompts import Renderer
from codepref.errors import ConfigError
from codepref.ledger import Ledger
from codepref.records import Json, content_id
from codepref.sampling.engine import (
    EngineSource,
    Request,
    Sample,
    SamplingParams,
    row_seed,
    sample_through_ledger,
)


class Question(NamedTuple):
    """One completion that is wanted; tasks with one prompt share a request."""

    task: Task
    request: Request


def ask(tasks: Sequence[Task], renderer: Renderer, config: SampleBenchmarkConfig) -> list[Question]:
    """Render what is put to a model: n requests for each task, the same for every variant.

    Raises:
        ConfigError: n > 1 at temperature 0, where all completions of a task are one.
    """
    if config.n > 1 and config.temperature == 0:
        raise ConfigError(
            f"sample_benchmark: n is {config.n} at temperature 0, which draws the same completion "
            "again and again; set n to 1, or a temperature above 0"
        )
    return [
        Question(task, _request(renderer.prompt(task.text), index, config.seed))
        for task in tasks
        for index in range(config.n)
    ]


def answer(
    questions: Sequence[Question],
    variant: Variant,
    config: SampleBenchmarkConfig,
    *,
    start: Start,
    engines: EngineSource,
    ledger: Ledger,
) -> list[Completion]:
    """Give one variant's completion of each question, drawn only where the ledger lacks it."""
    requests = {question.request.key: question.request for question in questions}
    samples = sample_through_ledger(
        list(requests.values()),
        sampling_params(config),
        model_digest=variant.policy_digest,
        start=start,
        adapter=variant.adapter,
        engines=engines,
        ledger=ledger,
    )
    return [_completion(question, variant, samples[question.request.key]) for question in questions]


def sampling_params(config: SampleBenchmarkConfig) -> SamplingParams:
    """How tokens are drawn; a completion ends with its closing fence."""
    return SamplingParams(
        temperature=config.temperature,
        top_p=config.top_p,
        max_new_tokens=config.max_new_tokens,
        stop=[STOP],
    )


def count_completions(completions: Sequence[Completion]) -> dict[str, Json]:
    """Counts by benchmark and variant: {benchmark: {variant: {...}}}."""
    cells: dict[tuple[str, str], list[Completion]] = {}
    for completion in completions:
        cells.setdefault((completion.benchmark, completion.variant), []).append(completion)
    counts: dict[str, dict[str, Mapping[str, Json]]] = {}
    for (benchmark, variant), rows in sorted(cells.items()):
        counts.setdefault(benchmark, {})[variant] = {
            "n_tasks": len({row.task_id for row in rows}),
            "n_samples": len(rows),
            "n_truncated": sum(row.finish_reason == "length" for row in rows),
            "n_empty": sum(not row.completion.strip() for row in rows),
            "n_tokens": sum(row.n_tokens for row in rows),
            "policy_digest": rows[0].policy_digest,
        }
    return dict(counts)


def _request(prompt: str, index: int, seed: int) -> Request:
    return Request(
        key=content_id(prompt, index),
        prompt=prompt,
        sample_index=index,
        seed=row_seed(seed, prompt, index),
    )


def _completion(question: Question, variant: Variant, sample: Sample) -> Completion:
    task, request = question
    return Completion(
        completion_id=content_id(
            variant.name,
            variant.policy_digest,
            task.benchmark,
            task.task_id,
            request.sample_index,
            sample.completion,
        ),
        variant=variant.name,
        benchmark=task.benchmark,
        task_id=task.task_id,
        sample_index=request.sample_index,
        prompt=request.prompt,
        completion=sample.completion,
        solution=make_solution(task, sample.completion),
        finish_reason=sample.finish_reason,
        n_tokens=sample.n_tokens,
        policy_digest=variant.policy_digest,
        engine=sample.engine,
        seed=request.seed,
    )
