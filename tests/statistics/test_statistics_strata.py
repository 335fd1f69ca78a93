import numpy as np
import pytest

from codepref.statistics.config import BootstrapConfig
from codepref.statistics.strata import mean_of_means

CONFIG = BootstrapConfig(confidence=0.95, resamples=20_000, seed=0)


def test_groups_count_alike_whatever_their_size() -> None:
    # (1 + (4 + 6 + 8) / 3) / 2; the mean of all four values is 4.75.
    found = mean_of_means([np.array([1.0]), np.array([4.0, 6.0, 8.0])], CONFIG)
    assert found.mean == 3.5


def test_values_are_drawn_within_their_group() -> None:
    """Groups without spread have no interval, however far apart they are."""
    found = mean_of_means([np.array([1.0, 1.0]), np.array([9.0, 9.0, 9.0])], CONFIG)
    assert found == (5.0, 5.0, 5.0)


def test_the_interval_is_that_of_the_enumerated_resamples() -> None:
    """Two groups of {0, 2}: each mean is 0, 1, 2 with chances 1/4, 1/2, 1/4.

    Their mean is 0 or 2 with chance 1/16 each, 0.5 or 1.5 with 4/16, 1 with 6/16: at 80 % the
    tails of 10 % end at 0.5 and 1.5, at 95 % they are 0 and 2.
    """
    groups = [np.array([0.0, 2.0]), np.array([0.0, 2.0])]
    config = BootstrapConfig(confidence=0.8, resamples=20_000, seed=0)
    assert mean_of_means(groups, config) == (1.0, 0.5, 1.5)
    assert mean_of_means(groups, CONFIG) == (1.0, 0.0, 2.0)


@pytest.mark.parametrize("groups", [[], [np.zeros(0)], [np.ones(2), np.zeros(0)]])
def test_an_empty_group_is_refused(groups: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="expected groups with values"):
        mean_of_means(groups, CONFIG)
