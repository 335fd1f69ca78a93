"""The very rows behind a pair or a task, followed by their ids through the tables."""

from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import TypeVar

from codepref.benchmarks.rows import Completion, Result, Task
from codepref.errors import DataError
from codepref.execution.rows import Execution
from codepref.judge.rows import Rating
from codepref.lineage.lock import Lock
from codepref.pairs.rows import Pair
from codepref.performance.rows import Measurement
from codepref.records import Record
from codepref.sampling.rows import Response
from codepref.schema import Strict
from codepref.seeds.rows import Seed
from codepref.selfalign.rows import Instruction
from codepref.tables import id_field, read_table

SHOWN = 8  # ids named in a message

RecordT = TypeVar("RecordT", bound=Record)


class Row(Strict):
    """One row, with the file it is in and its part in the story."""

    part: str
    path: str
    values: dict[str, str | int | float | bool | list[str] | list[float] | None]


def pair_rows(prefix: str, stages: Sequence[str], lock: Lock) -> list[Row]:
    """Follow a pair to both responses, both executions, the instruction and the seed.

    Args:
        prefix: start of the pair's id, enough to be unique.
        stages: cells of build_pairs to look in.
        lock: says where each table lies.

    Raises:
        DataError: no pair or several begin so, or a row names one that is not there.
    """
    entries = [lock.entry(stage) for stage in stages]
    tables = {entry.flag("pairs"): entry for entry in entries}
    pairs = [(path, pair) for path in tables for pair in read_table(Path(path), Pair)]
    wanted = _unique(prefix, [pair.pair_id for _, pair in pairs], "pair", list(tables))
    path, pair = next((path, pair) for path, pair in pairs if pair.pair_id == wanted)
    responses, executions = tables[path].flag("responses"), tables[path].flag("executions")
    instructions = lock.entry("write_instructions").flag("instructions")
    instruction = _row("instruction", instructions, Instruction, pair.instruction_id)
    rows = [
        _as_row("pair", path, pair),
        _row("chosen response", responses, Response, pair.chosen_response_id),
        _row("chosen execution", executions, Execution, pair.chosen_execution_id),
        _row("rejected response", responses, Response, pair.rejected_response_id),
        _row("rejected execution", executions, Execution, pair.rejected_execution_id),
        instruction,
    ]
    seed_id = instruction.values["seed_id"]
    if isinstance(seed_id, str):
        rows.append(_row("seed", lock.entry("judge_seeds").flag("judged"), Seed, seed_id))
    return rows


def task_rows(
    task_id: str, stages: Sequence[str], variants: Sequence[str], lock: Lock
) -> list[Row]:
    """Follow a benchmark task to its completions and what tests, clock and judge said of each.

    Args:
        task_id: the benchmark's own, or a unique start of it.
        stages: cells of score_benchmark to look in.
        variants: those to show; none: all.
        lock: says where each table lies.

    Raises:
        DataError: no task or several begin so, or a completion has no result.
    """
    makers = [name for name in lock.entries if name.startswith("fetch_benchmarks@")]
    paths = [lock.entry(name).flag("tasks") for name in makers]
    tasks = [(path, task) for path in paths for task in read_table(Path(path), Task)]
    ids = {task.task_id for _, task in tasks}
    wanted = task_id if task_id in ids else _unique(task_id, sorted(ids), "task", paths)
    rows = [_as_row("task", path, task) for path, task in tasks if task.task_id == wanted]
    for stage in stages:
        rows += _answers(wanted, stage, variants, lock)
    return rows


def _answers(task_id: str, stage: str, variants: Sequence[str], lock: Lock) -> list[Row]:
    """Give the completions of one start to a task, each before what was found out about it."""
    entry = lock.entry(stage)
    completions, results = entry.flag("completions"), entry.flag("results")
    asked = [
        row
        for row in read_table(Path(completions), Completion)
        if row.task_id == task_id and (not variants or row.variant in variants)
    ]
    found = _findings({row.completion_id for row in asked}, stage.partition("@")[2], results, lock)
    rows = []
    for completion in asked:
        own = found.get(completion.completion_id)
        if own is None:
            raise DataError(
                f"{results}: no result of completion {completion.completion_id} in "
                f"{completions}; `dvc repro {stage}` scores it"
            )
        rows += [_as_row("completion", completions, completion), *own]
    return rows


def _findings(wanted: Set[str], start: str, results: str, lock: Lock) -> dict[str, list[Row]]:
    """Give the rows of tests, measurements and ratings by completion, in that order."""
    tables: list[tuple[str, str, type[Result | Measurement | Rating]]] = [
        ("result", results, Result)
    ]
    kinds: list[tuple[str, str, str, type[Result | Measurement | Rating]]] = [
        ("measurement", f"measure_performance@{start}", "performance", Measurement),
        ("rating", "judge_completions", "ratings", Rating),
    ]
    tables += [
        (part, lock.entry(stage).flag(flag), row_type)
        for part, stage, flag, row_type in kinds
        if stage in lock.entries
    ]
    found: dict[str, list[Row]] = {}
    for part, path, row_type in tables:
        for row in read_table(Path(path), row_type):
            if row.completion_id in wanted:
                found.setdefault(row.completion_id, []).append(_as_row(part, path, row))
    return found


def _unique(prefix: str, ids: Iterable[str], what: str, paths: Sequence[str]) -> str:
    known = sorted(ids)
    found = [name for name in known if name.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    some = ", ".join((found or known)[:SHOWN]) or "none at all"
    problem = f"{len(found)} begin with {prefix!r}" if found else f"none begins with {prefix!r}"
    raise DataError(f"{', '.join(paths)}: of {len(known)} {what} ids {problem}; they have {some}")


def _row(part: str, path: str, row_type: type[RecordT], row_id: str) -> Row:
    key = id_field(row_type)
    for row in read_table(Path(path), row_type):
        if getattr(row, key) == row_id:
            return _as_row(part, path, row)
    raise DataError(f"{path}: no {key} {row_id}, which another table names; run `dvc repro`")


def _as_row(part: str, path: str, record: Record) -> Row:
    return Row(part=part, path=path, values=record.model_dump())
