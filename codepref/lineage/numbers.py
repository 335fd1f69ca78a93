"""The numbers of one leaf, gathered from the metrics of the stages behind it."""

from collections.abc import Mapping
from pathlib import Path

from codepref.errors import DataError
from codepref.files import read_json
from codepref.grid import Grid
from codepref.lineage.leaf import PERFORMANCE, Leaf, judged, programs
from codepref.records import Json


def leaf_numbers(metrics: Path, leaf: Leaf, grid: Grid) -> dict[str, Json]:
    """Give a leaf's scores and, for an adapter, its differences to the baseline and its training.

    Layout: {"<benchmark>": {...}, "evalperf/performance": {...}, "<benchmark>/quality": {...},
    "<benchmark>/against_baseline": {...}, "align": {...}, "rewards": {...}}. A benchmark that a
    model judges has its ratings.

    Raises:
        DataError: a file is absent or has no number of this leaf.
    """
    numbers = {**_scores(metrics, leaf, grid), **_quality(metrics, leaf, grid)}
    if leaf.cell is None:
        return numbers
    path = metrics / "compare_models.json"
    compared = read_json(path)
    for benchmark in grid.benchmarks:
        numbers[f"{benchmark}/against_baseline"] = take(
            compared, path, "pathways", leaf.start_key, leaf.variant, benchmark
        )
    numbers["align"] = read_json(metrics / "align" / f"{leaf.name}.json")
    path = metrics / "score_rewards" / f"{leaf.start_key}.json"
    numbers["rewards"] = take(read_json(path), path, "variants", leaf.variant)
    return numbers


def take(numbers: Mapping[str, Json], path: Path, *keys: str) -> Mapping[str, Json]:
    """Give the mapping at a path of keys.

    Raises:
        DataError: a key is not there; the message names the file, the key and those there are.
    """
    value: Json = numbers
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping) or key not in value:
            has = ", ".join(sorted(value)) if isinstance(value, Mapping) else repr(value)
            where = ".".join(keys[:depth]) or "the file"
            raise DataError(f"{path}: no {'.'.join(keys)!r}: {where} has {has}; run `dvc repro`")
        value = value[key]
    if not isinstance(value, Mapping):
        raise DataError(f"{path}: {'.'.join(keys)!r} is {value!r}, expected a mapping of numbers")
    return value


def _scores(metrics: Path, leaf: Leaf, grid: Grid) -> dict[str, Json]:
    """Give the leaf's scores; files of benchmarks that the grid has not are not looked at."""
    path = metrics / "score_benchmark" / f"{leaf.start_key}.json"
    scores = read_json(path)
    numbers: dict[str, Json] = {
        name: take(scores, path, name, leaf.variant) for name in programs(grid)
    }
    if PERFORMANCE in grid.benchmarks:
        path = metrics / "measure_performance" / f"{leaf.start_key}.json"
        numbers[f"{PERFORMANCE}/performance"] = take(
            read_json(path), path, PERFORMANCE, leaf.variant
        )
    if judged(grid):
        path = metrics / "judge_completions.json"
        ratings = read_json(path)
        for name in judged(grid):
            numbers[name] = take(ratings, path, leaf.start_key, name, leaf.variant)
    return numbers


def _quality(metrics: Path, leaf: Leaf, grid: Grid) -> dict[str, Json]:
    """Give what tools say of the leaf's programs."""
    path = metrics / "measure_quality" / f"{leaf.start_key}.json"
    found = read_json(path)
    return {f"{name}/quality": take(found, path, name, leaf.variant) for name in grid.benchmarks}
