"""A day of 100 regions with 40 attributes each, for measuring time."""

from __future__ import annotations

from functools import cache

import numpy as np

from regions.drift.comparison import compare_numeric
from regions.drift.histogram import merged
from regions.drift.inputs import DAYS_KEPT, FleetDay, Past, State
from regions.drift.references import LAGGED_FROM, lagged_days, own_days, pooled_days

N_REGIONS, N_ATTRIBUTES, N_DEVICES = 100, 40, 4
N_SERIES = N_REGIONS * N_ATTRIBUTES
N_DAYS = LAGGED_FROM + 1


@cache
def histograms() -> np.ndarray:
    """Return (92, rows, 64): three months of 200 studies a day and device model."""
    rng = np.random.default_rng(1)
    shares = np.exp(-(((np.arange(64) - 32) / 12) ** 2))
    day = rng.multinomial(200, shares / shares.sum(), N_SERIES * N_DEVICES).astype(np.uint16)
    return np.stack([np.roll(day, t, axis=0) for t in range(N_DAYS)])


@cache
def lived_state() -> State:
    """Return the state of such a fleet after 120 days."""
    rng = np.random.default_rng(2)
    shape = (DAYS_KEPT, 3, N_SERIES)
    past = Past(
        rng.normal(0, 1e-3, shape),
        np.abs(rng.normal(0, 1, shape)),
        np.zeros((DAYS_KEPT, N_SERIES), dtype=bool),
    )
    return State(past, past, np.zeros((4, N_SERIES)), np.full(N_SERIES, np.nan))


def fleet_day_of() -> FleetDay:
    """Return the last day, compared with both references, which are added up from the days."""
    rows = histograms()
    series = np.repeat(np.arange(N_SERIES), N_DEVICES)
    region = series // N_ATTRIBUTES
    is_off = np.zeros((N_DAYS, N_REGIONS), dtype=bool)
    pooled = pooled_days(np.full((N_DAYS, N_REGIONS), 800), is_off)
    today = merged(rows, pooled[:, region])
    comparisons = [
        compare_numeric(
            today,
            merged(rows, days[:, region]),
            series,
            N_SERIES,
            np.repeat(days.sum(axis=0), N_ATTRIBUTES),
        )
        for days in (own_days(is_off, is_off), lagged_days(is_off, is_off))
    ]
    nobody = np.zeros(N_SERIES, dtype=bool)
    return FleetDay(
        comparisons[0],
        comparisons[1],
        np.tile(np.arange(N_ATTRIBUTES), N_REGIONS),
        nobody,
        nobody,
    )
