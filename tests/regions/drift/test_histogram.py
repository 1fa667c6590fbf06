from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from regions.drift import histogram
from regions.drift.arrays import Floats

values = arrays.arrays(np.float64, st.integers(0, 200), elements=st.floats(-20, 120))


@settings(deadline=None)
@given(values, values)
def test_it_adds_up_to_the_histogram_of_all(a: Floats, b: Floats) -> None:
    both = np.stack([histogram.binned(a, 0, 100), histogram.binned(b, 0, 100)])[:, None]

    total = histogram.merged(both, np.ones((2, 1), dtype=bool))

    assert np.array_equal(total[0], histogram.binned(np.concatenate([a, b]), 0, 100))


@settings(deadline=None)
@given(values)
def test_it_counts_every_value_once(a: Floats) -> None:
    counts = histogram.binned(a, 0, 100)

    assert counts.sum() == len(a)
    assert counts[0] == (a < 0).sum()
    assert counts[63] == (a > 100).sum()


@pytest.mark.parametrize(("value", "bin_"), [(0, 1), (1, 62), (-0.001, 0), (1.001, 63), (0.5, 32)])
def test_it_puts_values_where_the_contract_does(value: float, bin_: int) -> None:
    assert histogram.binned(np.array([value]), 0, 1)[bin_] == 1


def test_it_leaves_out_what_is_no_number() -> None:
    assert histogram.binned(np.array([np.nan, np.inf, -np.inf]), 0, 1).sum() == 0


def test_it_refuses_an_empty_range() -> None:
    with pytest.raises(ValueError, match="low < high"):
        histogram.edges(1, 1)


def test_it_adds_up_the_days_that_are_used_only() -> None:
    days = np.arange(12).reshape(3, 2, 2)
    is_used = np.array([[True, False], [True, True], [False, False]])

    assert histogram.merged(days, is_used).tolist() == [[4, 6], [6, 7]]


def test_it_merges_the_devices_of_a_series() -> None:
    rows = np.array([[1, 2], [3, 4], [5, 6]])

    assert histogram.by_series(rows, np.array([0, 1, 0]), 2).tolist() == [[6, 8], [3, 4]]


@settings(deadline=None)
@given(arrays.arrays(np.int64, 64, elements=st.integers(0, 50)), st.integers(2, 20))
def test_it_groups_bins_into_runs(reference: np.ndarray, n_groups: int) -> None:
    groups = histogram.quantile_groups(reference, n_groups)

    assert (np.diff(groups) >= 0).all()
    assert histogram.grouped(reference, groups, n_groups).sum() == reference.sum()
