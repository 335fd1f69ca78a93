"""What tools say of the programs in the completions, without running or judging them."""

from collections.abc import Mapping

from codepref.records import Json
from codepref.report.numbers import Study
from codepref.report.tables import NONE

NAMES = ("benchmark", "model", "start", "variant")


def quality_columns(study: Study) -> list[str]:
    """Name the columns: one for each measure that a benchmark has."""
    return [*NAMES, *_measures(study)]


def quality_cells(study: Study) -> list[list[str]]:
    """Give a line for each benchmark and variant that was measured."""
    measures = _measures(study)
    return [
        [*names, *(_text(found.get(measure)) for measure in measures)]
        for names, found in _measured(study)
    ]


def _measured(study: Study) -> list[tuple[list[str], Mapping[str, Json]]]:
    grid = study.grid
    found = []
    for benchmark in grid.benchmarks:
        for model in grid.models:
            for start in grid.starts:
                variants = study.files[f"measure_quality/{model}-{start}.json"].get(benchmark, {})
                found += _of_start([benchmark, model, start], variants)
    return found


def _of_start(names: list[str], variants: Json) -> list[tuple[list[str], Mapping[str, Json]]]:
    if not isinstance(variants, Mapping):
        return []
    return [
        ([*names, variant], numbers)
        for variant, numbers in variants.items()
        if isinstance(numbers, Mapping)
    ]


def _measures(study: Study) -> list[str]:
    """Name what is a number for some variant, in order of appearance."""
    names = (
        name
        for _, numbers in _measured(study)
        for name, value in numbers.items()
        if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    )
    return list(dict.fromkeys(names))


def _text(value: Json) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else NONE
