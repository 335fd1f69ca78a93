"""What tools say of the programs in the completions, without running or judging them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from codepref.lineage.leaf import Leaf, leaves
from codepref.lineage.numbers import take
from codepref.records import Json
from codepref.report.numbers import Study
from codepref.report.tables import NONE

NAMES = ("benchmark", "model", "start", "variant")


class _Measured(NamedTuple):
    benchmark: str
    leaf: Leaf
    numbers: Mapping[str, Json]


def quality_columns(study: Study) -> list[str]:
    """Name the columns: one for each number that a variant has."""
    return [*NAMES, *_names(study)]


def quality_cells(study: Study) -> list[list[str]]:
    """Give a line for each variant on each benchmark whose programs were measured."""
    names = _names(study)
    return [
        [
            found.benchmark,
            found.leaf.model,
            found.leaf.start,
            found.leaf.variant,
            *(_text(found.numbers.get(name)) for name in names),
        ]
        for found in _measured(study)
    ]


def _measured(study: Study) -> Iterator[_Measured]:
    """Read metrics/measure_quality/<start>.json of each start: by benchmark and variant."""
    for benchmark in study.grid.benchmarks:
        for leaf in leaves(study.grid):
            file = f"measure_quality/{leaf.start_key}.json"
            if benchmark in study.files[file]:
                path = Path(study.metrics) / file
                numbers = take(study.files[file], path, benchmark, leaf.variant)
                yield _Measured(benchmark, leaf, numbers)


def _names(study: Study) -> list[str]:
    names = (
        name
        for found in _measured(study)
        for name, value in found.numbers.items()
        if value is None or _is_number(value)
    )
    return list(dict.fromkeys(names))


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Json) -> str:
    return f"{value:.4g}" if _is_number(value) else NONE
