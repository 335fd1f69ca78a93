"""Released benchmark files to tasks in one schema."""

import gzip
import json
import math
import zlib
from collections import Counter
from collections.abc import Sequence

from codepref.benchmarks.formats.codal_bench import CODAL_BENCH
from codepref.benchmarks.formats.evalperf import EVALPERF
from codepref.benchmarks.formats.evoeval import EVOEVAL, TOOL_USE
from codepref.benchmarks.formats.humaneval import HUMANEVAL, HUMANEVAL_PLUS, REWRITTEN
from codepref.benchmarks.formats.lines import Format, Line
from codepref.benchmarks.formats.mbpp import MBPP, MBPP_PLUS
from codepref.benchmarks.rows import Benchmark, Task
from codepref.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"
FORMATS: dict[Benchmark, Format] = {
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
PLUS: tuple[Benchmark, ...] = ("humaneval_plus", "mbpp_plus")  # where EvalPerf's tasks are from


def parse_tasks(content: bytes, benchmark: Benchmark, place: str) -> list[Task]:
    """Read tasks from the bytes of a released JSONL file, gzip or plain, in the file's order.

    Args:
        content: the file.
        benchmark: whose file it is.
        place: name of the file, for messages.

    Raises:
        DataError: a line is no task of this benchmark, two share an id, or there are none.
    """
    lines = _decompress(content, place).split("\n")  # a text may hold what splitlines splits at
    tasks = [
        _parse_line(line, benchmark, number, f"{place} line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not tasks:
        raise DataError(f"{place}: expected tasks of {benchmark}, found 0 lines")
    repeated = [name for name, n in Counter(task.task_id for task in tasks).items() if n > 1]
    if repeated:
        raise DataError(
            f"{place}: expected tasks with distinct ids, found {', '.join(repeated[:3])} again "
            f"among {len(tasks)} lines; fetch the released file again"
        )
    return tasks


def task_number(task: Task) -> int:
    """Number in a task's id: 12 of "HumanEval/12"."""
    return int(task.task_id.rsplit("/", 1)[1])


def first_tasks(tasks: list[Task], limit: int | None) -> list[Task]:
    """Give the first tasks by number, or all of them where the limit is None."""
    return sorted(tasks, key=task_number)[:limit]


def with_problems(tasks: Sequence[Task], plus: Sequence[Task]) -> list[Task]:
    """Give EvalPerf's tasks what their own file leaves out: problem, tests, right program.

    Args:
        tasks: of EvalPerf.
        plus: of HumanEval+ and MBPP+.

    Raises:
        DataError: a task is in neither.
    """
    known = {task.task_id: task for task in plus}
    missing = sorted({task.task_id for task in tasks} - set(known))
    if missing:
        raise DataError(
            f"evalperf: {len(missing)} of {len(tasks)} tasks are not in {' and '.join(PLUS)}, "
            f"first {missing[0]}: files of releases that do not belong together; fetch them again"
        )
    taken = ("text", "prompt_code", "canonical_solution", "base_inputs", "plus_inputs", "atol")
    return [
        task.model_copy(update={name: getattr(known[task.task_id], name) for name in taken})
        for task in tasks
    ]


def count_inputs(inputs: str) -> int:
    """Count the argument lists of one task; 0 where it has none."""
    return len(json.loads(inputs)) if inputs else 0


def _parse_line(line: str, benchmark: Benchmark, number: int, place: str) -> Task:
    known = FORMATS[benchmark]
    try:
        fields = json.loads(line)
        foreign = sorted(known.refused & set(fields))
        if foreign:
            raise ValueError(f"field {foreign[0]!r} is another benchmark's")
        task = known.parse(Line(benchmark, number, fields))
    except KeyError as error:
        raise DataError(f"{place}: no field {error}; expected a task of {benchmark}") from error
    except (ValueError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise DataError(f"{place}: not a task of {benchmark}: {error}") from error
    if not math.isfinite(task.atol):
        raise DataError(f"{place}: atol is {task.atol}, expected a number")
    return task


def _decompress(content: bytes, place: str) -> str:
    try:
        plain = gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
        return plain.decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{place}: not JSONL, nor gzip of it: {error}") from error
