"""The second page: every completion that a cell of the maps links to."""

from collections.abc import Sequence
from itertools import groupby

from codepref.lineage.leaf import programs
from codepref.report.answers import Answer
from codepref.report.heatmap import main_answers
from codepref.report.numbers import Study
from codepref.schema import Strict

SAMPLES = 3  # of a task and variant on the page; data/completions has all
CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}


class Shown(Strict):
    """One completion. Its texts are the model's: they hold anything.

    Attributes:
        text: the program; what the model wrote where there is no program.
    """

    completion_id: str
    sample_index: int
    verdict: str
    tests: str
    failure: str
    text: str


class VariantCompletions(Strict):
    """The completions of one variant to one task.

    Attributes:
        left_out: further samples, which are in data/completions alone.
    """

    variant: str
    completions: list[Shown]
    left_out: int


class Prompted(Strict):
    """The completions of one start to one task, which all had this prompt."""

    start_key: str
    prompt: str
    variants: list[VariantCompletions]


class TaskPage(Strict):
    """One task."""

    task_id: str
    starts: list[Prompted]


class BenchmarkCompletions(Strict):
    """One benchmark, its tasks in order."""

    benchmark: str
    tasks: list[TaskPage]


def completions_page(study: Study, answers: Sequence[Answer]) -> list[BenchmarkCompletions]:
    """Give what the page shows: the maps' wording alone, few samples of each task."""
    found = []
    for benchmark in programs(study.grid):
        own = main_answers(study, benchmark, answers)
        tasks = [
            TaskPage(task_id=task, starts=_by_prompt(list(some)))
            for task, some in groupby(own, key=lambda answer: answer.result.task_id)
        ]
        if tasks:
            found.append(BenchmarkCompletions(benchmark=benchmark, tasks=tasks))
    return found


def visible(text: str) -> str:
    """Write control characters, which no page may hold, as their codes."""
    return text.translate(CONTROLS)


def _by_prompt(answers: Sequence[Answer]) -> list[Prompted]:
    groups: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        groups.setdefault((answer.start_key, answer.completion.prompt), []).append(answer)
    return [
        Prompted(start_key=key, prompt=visible(prompt), variants=_by_variant(some))
        for (key, prompt), some in groups.items()
    ]


def _by_variant(answers: Sequence[Answer]) -> list[VariantCompletions]:
    variants: dict[str, list[Answer]] = {}
    for answer in answers:
        variants.setdefault(answer.result.variant, []).append(answer)
    return [
        VariantCompletions(
            variant=variant,
            completions=[_shown(answer) for answer in some[:SAMPLES]],
            left_out=max(0, len(some) - SAMPLES),
        )
        for variant, some in variants.items()
    ]


def _shown(answer: Answer) -> Shown:
    completion, result = answer.completion, answer.result
    return Shown(
        completion_id=result.completion_id,
        sample_index=result.sample_index,
        verdict=result.verdict,
        tests=f"{result.tests_passed} of {result.tests_total}",
        failure=visible(result.failure),
        text=visible(completion.solution or completion.completion),
    )
