from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import false_discovery_control

from regions.drift.arrays import Floats
from regions.drift.between import between_days
from regions.drift.cusum import accumulate
from regions.drift.discovery import discovery_limit
from regions.drift.pool import pool

probabilities = arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(1e-6, 1))
steps = arrays.arrays(np.float64, st.integers(1, 80), elements=st.floats(-6, 6))


@settings(deadline=None)
@given(probabilities, st.sampled_from([0.01, 0.05, 0.2]))
def test_it_discovers_what_scipy_does(p: Floats, q: float) -> None:
    adjusted = false_discovery_control(p)
    sure = np.abs(adjusted - q) > 1e-12  # on the limit itself, rounding decides

    found = p <= discovery_limit(p, q)

    assert np.array_equal(found[sure], (adjusted <= q)[sure])


def test_it_does_not_count_what_was_not_tested() -> None:
    assert discovery_limit(np.array([0.04, np.nan, np.nan])) == 0.05
    assert discovery_limit(np.array([0.04, 1, 1])) == pytest.approx(0.05 / 3)
    assert discovery_limit(np.array([])) == 0


@settings(deadline=None)
@given(steps)
def test_it_sums_as_written_down_a_day_at_a_time(x: Floats) -> None:
    sums, expected = np.zeros(1), 0.0
    for one in x:
        sums, reached, is_over = accumulate(sums, np.array([one]))
        expected = max(0.0, expected + min(max(one, -4), 4) - 1)
        assert reached[0] == pytest.approx(expected)
        assert is_over[0] == (expected > 8)
        expected = 0.0 if expected > 8 else expected
        assert sums[0] == pytest.approx(expected)


def test_it_keeps_a_sum_over_days_that_were_not_judged() -> None:
    sums, _reached, is_over = accumulate(np.array([7.5]), np.array([np.nan]))

    assert sums.tolist() == [7.5]
    assert not is_over.any()


def test_it_finds_how_much_days_differ() -> None:
    rng = np.random.default_rng(1)
    excess = rng.normal(0, 0.05, (42, 1, 100)) ** 2

    between = between_days(excess, np.ones((42, 100), dtype=bool), np.zeros(100, dtype=int))

    assert between.mean() == pytest.approx(0.05**2, rel=0.3)


def test_it_gives_a_new_series_the_fleets_value() -> None:
    excess = np.full((42, 1, 3), 0.01)
    excess[:, :, 2] = np.nan
    feature = np.zeros(3, dtype=int)

    between = between_days(excess, np.ones((42, 3), dtype=bool), feature)

    assert between[0].tolist() == pytest.approx([0.01, 0.01, 0.01])


def test_it_cuts_a_single_wild_day() -> None:
    excess = np.full((42, 1, 1), 0.01)
    excess[20] = 9.0

    between = between_days(excess, np.ones((42, 1), dtype=bool), np.zeros(1, dtype=int))

    assert between[0, 0] == pytest.approx(0.01)


def test_it_looks_at_days_of_the_same_type_only() -> None:
    excess = np.full((42, 1, 1), 0.01)
    excess[::7] = 0.5
    is_used = np.ones((42, 1), dtype=bool)
    is_used[::7] = False

    assert between_days(excess, is_used, np.zeros(1, dtype=int))[0, 0] == pytest.approx(0.01)


def test_it_knows_how_rare_a_score_is() -> None:
    rng = np.random.default_rng(2)
    of_fleet = pool(rng.pareto(4, 20000) + 1)
    assert of_fleet

    exact = np.array([0.2, 0.05, 0.01, 0.001, 0.0001])

    assert of_fleet.p(exact ** (-1 / 4)) == pytest.approx(exact, rel=0.25)
    assert of_fleet.score(0.001) == pytest.approx(0.001 ** (-1 / 4), rel=0.1)


def test_it_says_nothing_of_a_pool_too_small() -> None:
    assert pool(np.ones(199)) is None
    assert pool(np.full(500, np.nan)) is None
