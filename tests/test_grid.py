"""The axes of the study: which trainings there are, and by which stage."""

from typing import Any

import pytest
from pydantic import ValidationError

from codepref.grid import Cell, Grid
from codepref.lineage.leaf import leaves

OTHERS = {
    "model": "m",
    "start": "finetuned",
    "method": "dpo",
    "seed": 0,
    "generator": "m-pretrained",
}
GRID: dict[str, Any] = {
    "models": ["m"],
    "starts": ["pretrained", "finetuned"],
    "methods": ["dpo", "rft"],
    "seeds": [0, 1],
    "off_policy": {"others": OTHERS, "again": {**OTHERS, "seed": 7, "method": "kto"}},
    "benchmarks": ["humaneval"],
    "searched": ["humaneval", "mbpp"],
    "generators": ["m-pretrained", "m-finetuned"],
    "sft_models": ["m"],
}


@pytest.fixture
def grid() -> Grid:
    return Grid.model_validate(GRID)


def test_a_start_is_trained_by_every_method_and_seed_on_its_own_pairs(grid: Grid) -> None:
    own = ["dpo-0", "dpo-1", "rft-0", "rft-1"]
    assert grid.own_variants == own
    assert [cell.variant for cell in grid.cells("m", "pretrained")] == own


def test_off_policy_cells_come_after_those_of_their_start(grid: Grid) -> None:
    """They need no method or seed of the lists."""
    *own, first, second = grid.cells("m", "finetuned")
    assert [cell.variant for cell in own] == grid.own_variants
    assert (first.variant, second.variant) == ("dpo-0-on-m-pretrained", "kto-7-on-m-pretrained")


def test_a_training_is_named_by_the_stage_that_makes_it(grid: Grid) -> None:
    own, other = Cell(method="dpo", seed=0), grid.cells("m", "finetuned")[-1]
    assert grid.stage_of("m", "finetuned", own) == "align@m-finetuned-dpo-0"
    assert grid.stage_of("m", "finetuned", other) == "align_off_policy@again"


def test_leaves_are_each_start_and_what_was_made_of_it(grid: Grid) -> None:
    found = leaves(grid)
    assert [leaf.variant for leaf in found if leaf.start == "finetuned"] == [
        "baseline",
        *grid.own_variants,
        "dpo-0-on-m-pretrained",
        "kto-7-on-m-pretrained",
    ]
    assert len({leaf.name for leaf in found}) == len(found) == 5 + 7
    assert [leaf.stage for leaf in found if leaf.cell is None] == ["", ""]


@pytest.mark.parametrize("change", [{"start": "other"}, {"seed": "0"}, {"pairs": "x"}])
def test_a_cell_with_a_wrong_axis_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=f"off_policy.others.{next(iter(change))}"):
        Grid.model_validate({**GRID, "off_policy": {"others": {**OTHERS, **change}}})


@pytest.mark.parametrize(
    "change",
    [
        {"generator": "m-finetuned"},  # its own: that is what the lists train already
        {"generator": "n-pretrained"},
        {"model": "n"},
    ],
)
def test_a_cell_that_cannot_be_off_policy_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(
        ValidationError, match=r"off_policy\.others: expected .* got .-finetuned on"
    ):
        Grid.model_validate({**GRID, "off_policy": {"others": {**OTHERS, **change}}})


def test_one_training_under_two_names_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"off_policy\.twin: the same training as others"):
        Grid.model_validate({**GRID, "off_policy": {"others": OTHERS, "twin": OTHERS}})


@pytest.mark.parametrize(
    "generators",
    [["m-pretrained"], ["m-pretrained", "m-finetuned", "m-pretrained"], []],
)
def test_every_start_makes_pairs_once(generators: list[str]) -> None:
    with pytest.raises(ValidationError, match="generators: expected each start once"):
        Grid.model_validate({**GRID, "off_policy": {}, "generators": generators})


def test_an_imported_answer_set_may_be_trained_on() -> None:
    generators = [*GRID["generators"], "released"]
    cell = {**OTHERS, "generator": "released"}
    grid = Grid.model_validate({**GRID, "generators": generators, "off_policy": {"x": cell}})
    assert grid.cells("m", "finetuned")[-1].variant == "dpo-0-on-released"


@pytest.mark.parametrize(
    ("benchmarks", "searched", "message"),
    [
        (["humaneval"], ["mbpp"], "searched: expected every scored benchmark, humaneval is not"),
        (["humaneval"] * 2, ["humaneval"], "benchmarks: expected each once"),
        (["humaneval"], ["humaneval", "mbpp", "mbpp"], "searched: expected each once"),
        ([], ["apps"], "Input should be 'humaneval'"),
    ],
)
def test_what_is_scored_is_searched_and_each_is_named_once(
    benchmarks: list[str], searched: list[str], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Grid.model_validate(GRID | {"benchmarks": benchmarks, "searched": searched})


@pytest.mark.parametrize(
    ("searched", "absent"),
    [
        (["evalperf"], "humaneval_plus, mbpp_plus"),
        (["evalperf", "mbpp_plus"], "humaneval_plus"),
        (["evalperf", "humaneval_plus"], "mbpp_plus"),
    ],
)
def test_evalperf_is_scored_only_where_the_plus_benchmarks_are_searched(
    searched: list[str], absent: str
) -> None:
    with pytest.raises(ValidationError, match=f"and {absent} is not there"):
        Grid.model_validate({**GRID, "benchmarks": ["evalperf"], "searched": searched})


def test_evalperf_with_both_plus_benchmarks_can_be_scored() -> None:
    searched = ["evalperf", "humaneval_plus", "mbpp_plus"]
    grid = Grid.model_validate({**GRID, "benchmarks": ["evalperf"], "searched": searched})
    assert grid.benchmarks == ["evalperf"]
