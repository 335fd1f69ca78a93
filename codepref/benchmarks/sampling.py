"""Answers of every variant of a start to the tasks of the benchmarks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

from codepref.benchmarks.config import Draw, SampleBenchmarkConfig
from codepref.benchmarks.rows import Benchmark, Completion, Judged, Task, Wording
from codepref.benchmarks.tasks import first_tasks
from codepref.benchmarks.variants import Variant
from codepref.benchmarks.wordings import put, solve
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
    """One completion that is wanted; tasks with one prompt share a request.

    Attributes:
        params: how its tokens are drawn; questions of equal params are asked together.
    """

    task: Task
    wording: Wording
    request: Request
    params: SamplingParams


def choose_tasks(
    tasks: Sequence[Task], benchmark: Benchmark, config: SampleBenchmarkConfig
) -> list[Task]:
    """Give the tasks of one benchmark that params ask for, in order of number.

    Raises:
        ConfigError: one that params name is not in the benchmark.
    """
    named = config.tasks.get(benchmark)
    if named is None:
        return first_tasks(list(tasks), config.limit)
    unknown = sorted(set(named) - {task.task_id for task in tasks})
    if unknown or not named:
        raise ConfigError(
            f"sample_benchmark.tasks.{benchmark}: expected ids of its {len(tasks)} tasks, such as "
            f"{tasks[0].task_id}, got {', '.join(unknown[:3]) or 'none'}"
        )
    return first_tasks([task for task in tasks if task.task_id in named], config.limit)


def ask(tasks: Sequence[Task], renderer: Renderer, config: SampleBenchmarkConfig) -> list[Question]:
    """Render what is put to a model, the same for every variant.

    In the main wording all tasks, n times each; in each other one the first tasks of those
    benchmarks that tests judge.

    Args:
        tasks: that choose_tasks gave, of any number of benchmarks.
        renderer: of the start.
        config: wordings, and how completions are drawn.
    """
    found = []
    for wording, limit in config.wordings.items():
        main = wording == config.main_wording
        seen: dict[Benchmark, int] = {}
        for task in tasks:
            place = seen[task.benchmark] = seen.get(task.benchmark, 0) + 1
            if main or (task.benchmark not in get_args(Judged) and place <= (limit or place)):
                found += _questions(task, wording, renderer, config)
    return found


def answer(
    questions: Sequence[Question],
    variant: Variant,
    *,
    renderer: Renderer,
    start: Start,
    engines: EngineSource,
    ledger: Ledger,
) -> list[Completion]:
    """Give one variant's completion of each question, drawn only where the ledger lacks it."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.params.model_dump_json(), []).append(question)
    completions = []
    for some in groups.values():
        requests = {question.request.key: question.request for question in some}
        samples = sample_through_ledger(
            list(requests.values()),
            some[0].params,
            model_digest=variant.policy_digest,
            start=start,
            adapter=variant.adapter,
            engines=engines,
            ledger=ledger,
        )
        completions += [
            _completion(question, variant, samples[question.request.key], renderer)
            for question in some
        ]
    return completions


def sampling_params(draw: Draw, stop: Sequence[str]) -> SamplingParams:
    """How tokens are drawn."""
    return SamplingParams(
        temperature=draw.temperature,
        top_p=draw.top_p,
        max_new_tokens=draw.max_new_tokens,
        stop=list(stop),
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
            "n_by_wording": dict(sorted(Counter(row.wording for row in rows).items())),
            "policy_digest": rows[0].policy_digest,
        }
    return dict(counts)


def _questions(
    task: Task, wording: Wording, renderer: Renderer, config: SampleBenchmarkConfig
) -> list[Question]:
    draw, prompted = config.draw(task.benchmark), put(task, wording, renderer)
    params = sampling_params(draw, prompted.stop)
    return [
        Question(task, wording, _request(prompted.text, index, config.seed), params)
        for index in range(draw.n)
    ]


def _request(prompt: str, index: int, seed: int) -> Request:
    return Request(
        key=content_id(prompt, index),
        prompt=prompt,
        sample_index=index,
        seed=row_seed(seed, prompt, index),
    )


def _completion(
    question: Question, variant: Variant, sample: Sample, renderer: Renderer
) -> Completion:
    task, request = question.task, question.request
    return Completion(
        completion_id=content_id(
            variant.name,
            variant.policy_digest,
            task.benchmark,
            task.task_id,
            question.wording,
            request.sample_index,
            sample.completion,
        ),
        variant=variant.name,
        benchmark=task.benchmark,
        task_id=task.task_id,
        sample_index=request.sample_index,
        wording=question.wording,
        prompt=request.prompt,
        completion=sample.completion,
        solution=solve(task, question.wording, renderer, sample.completion),
        finish_reason=sample.finish_reason,
        n_tokens=sample.n_tokens,
        policy_digest=variant.policy_digest,
        engine=sample.engine,
        seed=request.seed,
    )
