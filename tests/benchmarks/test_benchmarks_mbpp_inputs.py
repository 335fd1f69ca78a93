import gzip
import json
from typing import Any

import pytest

from codepref.benchmarks.files import BenchmarkFile, find_benchmark_file
from codepref.benchmarks.mbpp_inputs import SHAPES, restore_arguments
from codepref.config import load_section
from codepref.errors import MissingError
from codepref.execution.values import encode


@pytest.mark.parametrize(
    ("number", "arguments", "expected"),
    [
        (2, [[1, 2], [3]], [(1, 2), (3,)]),
        (63, [[[1, 2], [3, 4]]], [[(1, 2), (3, 4)]]),
        (75, [[[1, 2]], 6], [[(1, 2)], 6]),
        (106, [[5], [9, 10]], [[5], (9, 10)]),
        (115, [[[1], [], {}]], [[{1}, {}, {}]]),
        (124, ["0", "1j"], [0.0, 1j]),
        (250, [[1, 2], 8], [(1, 2), 8]),
        (307, [["a", []], 1, 50], [("a", []), 1, 50]),
        (252, ["(1+2j)"], [1 + 2j]),
        (259, [[[1, 3]], [[6, 7]]], [((1, 3),), ((6, 7),)]),
        (278, [[1, [2, 3]]], [(1, (2, 3))]),
        (580, [[4, [7, [1]]]], [(4, (7, (1,)))]),
        (722, [{"a": [6, 70]}, 6.0, 70], [{"a": (6, 70)}, 6.0, 70]),
        (3, [[1, 2]], [[1, 2]]),
    ],
)
def test_arguments_get_the_types_that_json_lacks(
    number: int, arguments: list[Any], expected: list[Any]
) -> None:
    assert encode(restore_arguments(number, arguments)) == encode(expected)


def test_every_task_agrees_with_evalplus() -> None:
    mbpp = pytest.importorskip("evalplus.data.mbpp")
    try:
        path = find_benchmark_file(load_section("fetch_benchmarks.mbpp_plus", BenchmarkFile))
    except MissingError as error:
        pytest.skip(str(error))
    with gzip.open(path, "rt") as stream:
        rows = [json.loads(line) for line in stream]
    checked = 0
    for row in rows:
        number = int(row["task_id"].split("/")[1])
        inputs = [*row["base_input"], *row["plus_input"]][:10]
        theirs = mbpp.mbpp_deserialize_inputs(row["task_id"], inputs)
        ours = [restore_arguments(number, arguments) for arguments in inputs]
        assert encode(ours) == encode([list(arguments) for arguments in theirs]), row["task_id"]
        checked += number in SHAPES
    assert checked > 0
