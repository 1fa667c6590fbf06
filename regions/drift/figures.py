"""PSI, Jensen–Shannon, Kolmogorov–Smirnov and Wasserstein from two histograms: to be shown.

People know these figures and ask for them. They are not what is judged: without any drift they pass
their customary limits on two to five days of a region's week, because they take the studies of a
day for independent ones, which a day of one scanner and one radiographer is not.
"""

from __future__ import annotations

import numpy as np
import scipy

from regions.drift.arrays import Counts, Floats
from regions.drift.histogram import N_INNER, grouped, quantile_groups, shares

PSI_GROUPS = 10


def psi(today: Counts, reference: Counts) -> Floats:
    """Return the population stability index (…,), in nats, less its expectation without drift.

    Both (…, B), counts. Bins are merged into ten groups of about equal reference mass; a share of
    zero is taken for half a study. Without drift PSI is (B−1)(1/n + 1/m) on average: 0.2 for 50
    studies; that is taken off and the rest is at least 0.

    Exact for its groups, which are runs of the bins, but it depends on them: one change of scale
    gave 0.051, 0.062 and 0.066 in 16, 64 and 256 bins.
    """
    groups = quantile_groups(reference, PSI_GROUPS)
    ours = grouped(today, groups, PSI_GROUPS)
    theirs = grouped(reference, groups, PSI_GROUPS)
    n = np.maximum(ours.sum(axis=-1), 1)
    m = np.maximum(theirs.sum(axis=-1), 1)
    p = np.maximum(ours / n[..., None], 0.5 / n[..., None])
    q = np.maximum(theirs / m[..., None], 0.5 / m[..., None])
    is_used = (ours > 0) | (theirs > 0)
    total = np.where(is_used, (p - q) * np.log(p / q), 0).sum(axis=-1)
    bias = (is_used.sum(axis=-1) - 1) * (1 / n + 1 / m)
    return np.asarray(np.maximum(total - bias, 0), dtype=np.float64)


def js_divergence(today: Counts, reference: Counts) -> Floats:
    """Return the Jensen–Shannon divergence (…,) in bits, 0 to 1, of counts (…, B)."""
    p, q = shares(today), shares(reference)
    middle = (p + q) / 2
    entropy = scipy.special.rel_entr
    total = entropy(p, middle).sum(axis=-1) + entropy(q, middle).sum(axis=-1)
    return np.asarray(total / (2 * np.log(2)), dtype=np.float64)


def js(today: Counts, reference: Counts) -> Floats:
    """Return the Jensen–Shannon distance (…,), base 2, 0 to 1, of counts (…, B).

    Exact for these bins; on raw values it depends on the bins as PSI does.
    """
    return np.sqrt(np.maximum(js_divergence(today, reference), 0))


def ks(today: Counts, reference: Counts) -> Floats:
    """Return the Kolmogorov–Smirnov distance (…,), 0 to 1, of counts (…, B).

    Never above the distance of the raw values, and below it by no more than the largest over the
    bins of the smaller of the two shares: what a bin can hide is what both have in it.
    """
    difference = np.cumsum(shares(today) - shares(reference), axis=-1)
    return np.asarray(np.abs(difference).max(axis=-1), dtype=np.float64)


def wasserstein(today: Counts, reference: Counts, low: float, high: float) -> Floats:
    """Return the first Wasserstein distance (…,) of counts (…, 64) in the unit of the range.

    Each value is taken for the middle of its bin, or for the range's end when it lies outside, so
    the error is at most one bin's width plus, for either side, the mean distance by which values
    lie outside the range.
    """
    difference = np.abs(np.cumsum(shares(today) - shares(reference), axis=-1))[..., :-1]
    gaps = np.ones(N_INNER + 1)
    gaps[[0, -1]] = 0.5
    return np.asarray(difference @ gaps * (high - low) / N_INNER, dtype=np.float64)
