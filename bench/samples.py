"""Right and wrong programs for the tasks of a benchmark, as samples to be scored."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.rows import Benchmark, Completion, Task
from codepref.benchmarks.tasks import parse_tasks
from codepref.config import load_section

# Wrong from the first input on, at each input, at about one input in seven, and for ever.
WRONG = (
    "def {name}(*arguments):\n    return '?'\n",
    "def {name}(*arguments):\n    raise ValueError\n",
    "{code}\n\n_right = {name}\n\n\ndef {name}(*arguments):\n"
    "    return '?' if len(repr(arguments)) % 7 == 0 else _right(*arguments)\n",
)
ENDLESS = "def {name}(*arguments):\n    while True:\n        pass\n"


class Sample(NamedTuple):
    """One program, as EvalPlus reads it from a file of samples."""

    task_id: str
    solution: str


def benchmark_file(benchmark: Benchmark) -> BenchmarkFile:
    """Give what params say of a benchmark's file."""
    return load_section(f"fetch_benchmarks.{benchmark}", BenchmarkFile)


def read_tasks_of(benchmark: Benchmark) -> list[Task]:
    """Read the tasks of a file of this machine, see `codepref doctor`."""
    source = benchmark_file(benchmark)
    return parse_tasks(find_benchmark_file(source).read_bytes(), benchmark, source.file)


def make_samples(tasks: Sequence[Task], n_wrong: int, n_endless: int) -> list[Sample]:
    """Give each task's canonical solution and some wrong programs.

    Args:
        tasks: of one benchmark.
        n_wrong: programs of WRONG for each task.
        n_endless: programs that never end, one for each of the first tasks.
    """
    return [
        Sample(task.task_id, program)
        for number, task in enumerate(tasks)
        for program in _programs(task, n_wrong, endless=number < n_endless)
    ]


def as_completions(tasks: Sequence[Task], samples: Sequence[Sample]) -> list[Completion]:
    """Give samples as the completions of one variant."""
    benchmarks = {task.task_id: task.benchmark for task in tasks}
    return [
        Completion(
            completion_id=str(number),
            variant="samples",
            benchmark=benchmarks[sample.task_id],
            task_id=sample.task_id,
            sample_index=number,
            wording="complete",
            prompt="",
            completion="",
            solution=sample.solution,
            finish_reason="stop",
            n_tokens=0,
            policy_digest="",
            engine="",
            seed=0,
        )
        for number, sample in enumerate(samples)
    ]


def _programs(task: Task, n_wrong: int, *, endless: bool) -> Iterator[str]:
    yield task.canonical_solution
    for text in (*WRONG[:n_wrong], *([ENDLESS] if endless else [])):
        yield text.format(name=task.entry_point, code=task.canonical_solution)
