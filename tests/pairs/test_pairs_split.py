"""Instructions to train and held_out."""

import pytest
from pydantic import ValidationError

from codepref.pairs.split import SplitConfig, split_of


def test_about_the_given_part_of_instructions_is_held_out() -> None:
    """Of 10,000 with chance 0.2 the number held out is 2,000 with standard deviation 40."""
    split = SplitConfig(held_out=0.2, seed=0)
    held_out = sum(split_of(str(i), split) == "held_out" for i in range(10_000))
    assert abs(held_out - 2000) < 4 * 40


def test_a_larger_part_holds_out_the_same_instructions_and_more() -> None:
    def held_out(part: float, seed: int = 0) -> set[int]:
        split = SplitConfig(held_out=part, seed=seed)
        return {i for i in range(200) if split_of(str(i), split) == "held_out"}

    assert held_out(0.0) == set()
    assert held_out(0.1) < held_out(0.3)
    assert held_out(0.3, seed=1) != held_out(0.3)


@pytest.mark.parametrize("part", [-0.1, 1.0])
def test_a_split_that_leaves_nothing_to_train_on_is_refused(part: float) -> None:
    with pytest.raises(ValidationError, match="held_out"):
        SplitConfig(held_out=part, seed=0)
