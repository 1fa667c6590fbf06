"""Histograms over fixed bins: one below the range, 62 equal ones over it, one above it.

The bins are those of the contract's views: fixed by the attribute, never by the data, so that
histograms of hours, days, devices and regions can be added up.
"""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Counts, Flags, Floats, Ints

N_INNER = 62
N_BINS = N_INNER + 2


def binned(values: Floats, low: float, high: float) -> Ints:
    """Return the counts, (64,), of values in the unit of `low` and `high`.

    NaN and infinities are not counted. As in the contract's `width_bucket`: bins are closed on the
    left, and the last inner bin also takes `high` itself.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    inner = np.searchsorted(edges(low, high), known, side="right")
    inner[known == high] = N_INNER
    return np.bincount(inner, minlength=N_BINS).astype(np.int64)


def edges(low: float, high: float) -> Floats:
    """Return the 63 edges of the inner bins, in the unit of `low` and `high`."""
    if not low < high:
        raise ValueError(f"A range from {low} to {high} is empty: give low < high.")
    return np.linspace(low, high, N_INNER + 1)


def merged(histograms: Counts, is_used: Flags) -> Floats:
    """Return the sums, (K, B), of histograms (T, K, B) over the days that are used, (T, K)."""
    total = np.zeros(histograms.shape[1:])
    for t in np.flatnonzero(is_used.any(axis=1)):  # a fleet's quarter does not fit in the cache
        total += histograms[t] * is_used[t][:, None]
    return total


def by_series(rows: Counts, series: Ints, n_series: int) -> Floats:
    """Return (S, B): the rows (K, B) of each series added up, its device models merged.

    `series` (K,) names the series of each row.
    """
    total = np.zeros((n_series, rows.shape[1]))
    np.add.at(total, series, rows)
    return total


def shares(counts: Counts) -> Floats:
    """Return counts (…, B) as shares of their sum; zeros where there is nothing."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(counts / np.maximum(total, 1), dtype=np.float64)


def quantile_groups(reference: Counts, n_groups: int) -> Ints:
    """Return the group, (…, B), of each bin: at most n_groups of about equal reference mass.

    A bin belongs to the group in which the middle of its own mass lies, so groups are runs of bins
    and a bin that is heavier than a group stands alone.
    """
    q = shares(reference)
    middle = np.cumsum(q, axis=-1) - q / 2
    return np.minimum((middle * n_groups).astype(np.int64), n_groups - 1)


def grouped(counts: Counts, groups: Ints, n_groups: int) -> Floats:
    """Return counts (…, B) added up by group as (…, n_groups)."""
    flat = counts.reshape(-1, counts.shape[-1])
    offsets = np.arange(len(flat))[:, None] * n_groups
    total = np.bincount(
        (groups.reshape(flat.shape) + offsets).ravel(),
        weights=flat.ravel().astype(np.float64),
        minlength=len(flat) * n_groups,
    ).astype(np.float64)
    return total.reshape(*counts.shape[:-1], n_groups)
