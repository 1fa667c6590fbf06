from __future__ import annotations

import numpy as np

from regions.drift import references

WEEKEND = (np.arange(120) % 7 >= 5)[:, None]
NOTHING = np.zeros((120, 1), dtype=bool)


def test_it_compares_with_56_days_of_the_same_type() -> None:
    days = references.own_days(WEEKEND, NOTHING)[:, 0]

    used = np.flatnonzero(days)
    assert (used.min(), used.max()) == (63, 116)
    assert not WEEKEND[used].any()


def test_it_compares_a_weekend_with_weekends() -> None:
    days = references.own_days(WEEKEND[:118], NOTHING[:118])[:, 0]

    assert WEEKEND[117]
    assert days.sum() == 16
    assert WEEKEND[:118][days].all()


def test_it_compares_slow_drift_with_what_was_four_weeks_ago() -> None:
    used = np.flatnonzero(references.lagged_days(WEEKEND, NOTHING)[:, 0])

    assert (used.min(), used.max()) == (28, 91)
    assert not WEEKEND[used].any()


def test_it_leaves_out_days_of_an_alert() -> None:
    is_excluded = NOTHING.copy()
    is_excluded[80] = True

    assert not references.own_days(WEEKEND, is_excluded)[80]
    assert not references.lagged_days(WEEKEND, is_excluded)[80]


def test_it_pools_a_small_region_back_to_fifty_studies() -> None:
    n = np.full((120, 1), 20)

    assert np.flatnonzero(references.pooled_days(n, WEEKEND)).tolist() == [115, 116, 119]


def test_it_pools_no_further_than_a_week() -> None:
    n = np.full((120, 1), 3)

    assert np.flatnonzero(references.pooled_days(n, WEEKEND)).tolist() == [113, 114, 115, 116, 119]
