"""Which days are compared with: the own recent ones, and older ones for what moves slowly."""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Counts, Flags, Ints

OWN_DAYS = 56
# The lagged reference ends here, so that a drift of four weeks cannot hide in it.
LAG_DAYS = 28
LAGGED_FROM = 91
POOL_BACK_DAYS = 7
ENOUGH_FOR_A_DAY = 50


def own_days(is_off: Flags, is_excluded: Flags) -> Flags:
    """Return (T, R): the 56 days before the last one that are of its type and not excluded.

    `is_off` (T, R): weekend or holiday of that region. `is_excluded` (T, R): within a confirmed
    alert, unfinished, stale, or before a restart.
    """
    is_near = _within(is_off.shape, 1, OWN_DAYS)
    return np.asarray(is_near & (is_off == is_off[-1]) & ~is_excluded, dtype=np.bool_)


def lagged_days(is_off: Flags, is_excluded: Flags) -> Flags:
    """Return (T, R): the working days from 91 to 28 days before the last one, not excluded."""
    return _within(is_off.shape, LAG_DAYS, LAGGED_FROM) & ~is_off & ~is_excluded


def pooled_days(n: Counts, is_off: Flags) -> Flags:
    """Return (T, R): the last day and as many of its type before it as make 50 studies.

    `n` (T, R) studies. At most seven calendar days; a region that has not 50 by then keeps all of
    them and is not judged (`comparison`).
    """
    is_candidate = _within(is_off.shape, 0, POOL_BACK_DAYS - 1) & (is_off == is_off[-1])
    later = np.cumsum(np.where(is_candidate, n, 0)[::-1], axis=0)[::-1]
    before: Ints = later - np.where(is_candidate, n, 0)
    return np.asarray(is_candidate & (before < ENOUGH_FOR_A_DAY), dtype=np.bool_)


def _within(shape: tuple[int, ...], nearest: int, farthest: int) -> Flags:
    age = np.arange(shape[0])[::-1]
    is_within: Flags = (age >= nearest) & (age <= farthest)
    return np.broadcast_to(is_within[:, None], shape)
