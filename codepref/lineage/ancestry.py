"""What a leaf stands on, and the key that says two of its runs are the same run."""

from collections.abc import Sequence
from typing import get_args

from codepref.benchmarks.rows import Judged
from codepref.lineage.leaf import PERFORMANCE, Leaf
from codepref.lineage.lock import Entry, Lock
from codepref.records import Json, digest


def ancestry(lock: Lock, leaf: Leaf, benchmarks: Sequence[str]) -> list[Entry]:
    """Give the entries whose outputs the variant stands on, nearest first; no sibling adapter.

    Raises:
        DataError: a stage of the ancestry has never run.
    """
    if leaf.cell is None:
        roots = lock.producers(lock.entry(f"sample_benchmark@{leaf.start_key}").flag("start"))
    else:
        roots = [leaf.stage]
    roots += [f"fetch_benchmarks@{benchmark}" for benchmark in benchmarks]
    found = {entry.stage: entry for root in roots for entry in lock.ancestors(root)}
    return list(found.values())


def evaluation(lock: Lock, leaf: Leaf, benchmarks: Sequence[str]) -> list[Entry]:
    """Give the entries that sampled, scored and measured the start's variants, scoring first.

    Raises:
        DataError: one of them has never run.
    """
    groups = ["score_benchmark", "sample_benchmark", "score_rewards", "measure_quality"]
    if PERFORMANCE in benchmarks:
        groups.append("measure_performance")
    names = [f"{group}@{leaf.start_key}" for group in groups]
    if set(benchmarks) & set(get_args(Judged)):
        names.append("judge_completions")
    return [lock.entry(name) for name in names]


def lineage_key(lock: Lock, leaf: Leaf, benchmarks: Sequence[str], numbers: Json) -> str:
    """SHA-256 of all that the variant's numbers stand on, and of the numbers.

    Of sampling and scoring, which serve all adapters of a start at once, it holds the code and
    the params and not the grid, so that a further method changes no other variant's key.
    """
    return digest(
        {
            "ancestry": {
                entry.stage: _canonical(entry) for entry in ancestry(lock, leaf, benchmarks)
            },
            "evaluation": {
                entry.stage: _shared(entry) for entry in evaluation(lock, leaf, benchmarks)
            },
            "numbers": numbers,
        }
    )


def own_params(entry: Entry) -> dict[str, Json]:
    """Give the params of an entry less the grid, which names cells and sets nothing in one."""
    return {name: value for name, value in entry.params.items() if name.partition(".")[0] != "grid"}


def _canonical(entry: Entry) -> dict[str, Json]:
    return entry.model_dump()


def _shared(entry: Entry) -> dict[str, Json]:
    code = {dep.path: dep.md5 for dep in entry.deps if dep.path.endswith(".py")}
    return {"cmd": entry.cmd, "code": code, "params": own_params(entry)}
