import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from codepref.statistics.multiplicity import holm


def test_each_p_is_multiplied_by_the_tests_that_remain() -> None:
    # 0.01 * 4, 0.02 * 3, 0.03 * 2 and 0.04 * 1, none below the one before.
    found = holm({"d": 0.04, "a": 0.01, "c": 0.03, "b": 0.02})
    assert found == pytest.approx({"d": 0.06, "a": 0.04, "c": 0.06, "b": 0.06})
    assert list(found) == ["d", "a", "c", "b"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_agrees_with_statsmodels(values: list[float]) -> None:
    found = holm({str(i): p for i, p in enumerate(values)})
    expected = multipletests(values, method="holm")[1]
    assert list(found.values()) == pytest.approx(list(expected))


def test_no_test_at_all_is_no_family() -> None:
    assert holm({}) == {}


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="a p value lies in"):
        holm({"a": 1.5})
