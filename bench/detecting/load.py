"""A day of 100 regions with 40 attributes each, for measuring time."""

from __future__ import annotations

from functools import cache

import numpy as np

from bench.detecting.life import summed
from regions.drift import windows
from regions.drift.inputs import DAYS_KEPT, FleetDay, Past, State
from regions.drift.references import LAGGED_FROM

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
    series = np.repeat(np.arange(N_SERIES), N_DEVICES)
    region = np.arange(N_SERIES) // N_ATTRIBUTES
    nobody, everybody = (np.full((N_DAYS, N_REGIONS), one) for one in (False, True))
    used = windows.windows(np.full((N_DAYS, N_REGIONS), 800), nobody, everybody, nobody)
    none = windows.Summed(np.zeros((len(used), 0, 1)), np.zeros(0, dtype=np.int64))
    no_series = np.zeros(N_SERIES, dtype=bool)
    return windows.fleet_day(
        used,
        summed(histograms(), used[:, :, region[series]], series),
        none,
        windows.Series(
            N_SERIES, region, np.tile(np.arange(N_ATTRIBUTES), N_REGIONS), no_series, no_series
        ),
    )
