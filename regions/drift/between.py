"""How much a series moves from day to day by itself, beyond what its number of studies explains."""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Flags, Floats, Ints

LAST_DAYS = 42
WINSOR_OWN = 0.90
WINSOR_FLEET = 0.95
FLEET_WEIGHT_DAYS = 10


def between_days(excess: Floats, is_used: Flags, feature: Ints) -> Floats:
    """Return the between-day component (C, S), in the unit of the excess, never negative.

    `excess` (T, C, S) of past days, NaN where a day was not compared; `is_used` (T, S) the days of
    the same type; `feature` (S,) says which series of the fleet are the same attribute. The own
    mean is over the last 42 of the days, its upper tenth cut to the rest; it is drawn towards the
    same mean over the fleet, which weighs ten days, so a new region begins with the fleet's value.
    NaN where not even the fleet has a day.
    """
    is_own = ~np.isnan(excess) & is_used[:, None, :]
    is_own &= np.cumsum(is_own[::-1], axis=0)[::-1] <= LAST_DAYS
    values = np.where(is_own, excess, np.nan)
    n_own = is_own.sum(axis=0)
    own = _winsorised_mean(values, WINSOR_OWN)
    fleet = np.full_like(own, np.nan)
    for one in np.unique(feature):
        same = feature == one
        of_fleet = values[:, :, same].transpose(0, 2, 1).reshape(-1, excess.shape[1])
        fleet[:, same] = _winsorised_mean(of_fleet, WINSOR_FLEET)[:, None]
    own = np.where(n_own > 0, own, 0)
    shrunk = (n_own * own + FLEET_WEIGHT_DAYS * fleet) / (n_own + FLEET_WEIGHT_DAYS)
    return np.asarray(shrunk, dtype=np.float64)


def _winsorised_mean(values: Floats, share: float) -> Floats:
    """Return the mean over the first axis, what is above the share's quantile cut to it, at least
    0; NaN where there is no value."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)  # NaN goes last
    n = (~np.isnan(ordered)).sum(axis=0)
    at = np.maximum(np.ceil(share * n).astype(np.int64) - 1, 0)
    limit = np.take_along_axis(ordered, at[None], axis=0)
    total = np.nansum(np.minimum(values, limit), axis=0)
    return np.where(n > 0, np.maximum(total / np.maximum(n, 1), 0), np.nan)
