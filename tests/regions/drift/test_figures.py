from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from regions.drift import figures
from regions.drift.arrays import Floats
from regions.drift.histogram import N_INNER, binned, quantile_groups, shares

LOW, HIGH = 0.0, 10.0
samples = arrays.arrays(np.float64, st.integers(2, 300), elements=st.floats(-2, 14))
counts = arrays.arrays(np.int64, 64, elements=st.integers(0, 100)).filter(lambda c: c.sum() > 0)


@settings(deadline=None)
@given(samples, samples)
def test_it_finds_kolmogorov_smirnov_within_its_bound(a: Floats, b: Floats) -> None:
    ours, theirs = binned(a, LOW, HIGH), binned(b, LOW, HIGH)

    from_bins = float(figures.ks(ours, theirs))
    exact = stats.ks_2samp(a, b, method="asymp").statistic
    hidden = np.minimum(shares(ours), shares(theirs)).max()

    assert from_bins - 1e-9 <= exact <= from_bins + hidden + 1e-9


@settings(deadline=None)
@given(samples, samples)
def test_it_finds_wasserstein_within_its_bound(a: Floats, b: Floats) -> None:
    from_bins = float(figures.wasserstein(binned(a, LOW, HIGH), binned(b, LOW, HIGH), LOW, HIGH))
    outside = sum(np.abs(x - np.clip(x, LOW, HIGH)).mean() for x in (a, b))
    bound = (HIGH - LOW) / N_INNER + outside

    assert abs(from_bins - stats.wasserstein_distance(a, b)) <= bound + 1e-9


@settings(deadline=None)
@given(counts, counts)
def test_it_finds_jensen_shannon_as_scipy_does(ours: np.ndarray, theirs: np.ndarray) -> None:
    exact = jensenshannon(ours, theirs, base=2)

    # Of equal shares SciPy takes the root of a rounding error, which may be negative.
    assert np.isclose(figures.js(ours, theirs), np.nan_to_num(exact), atol=1e-6)


@settings(deadline=None)
@given(counts, counts)
def test_it_finds_psi_as_written_down_less_the_bias(ours: np.ndarray, theirs: np.ndarray) -> None:
    groups = quantile_groups(theirs, 10)
    n, m = ours.sum(), theirs.sum()
    p = np.array([ours[groups == g].sum() for g in range(10)])
    q = np.array([theirs[groups == g].sum() for g in range(10)])
    is_used = (p > 0) | (q > 0)
    p, q = np.maximum(p[is_used], 0.5) / n, np.maximum(q[is_used], 0.5) / m
    bias = (is_used.sum() - 1) * (1 / n + 1 / m)
    exact = float(np.sum((p - q) * np.log(p / q)))

    assert np.isclose(figures.psi(ours, theirs), max(exact - bias, 0), atol=1e-9)


def test_it_says_psi_of_the_raw_data_when_no_group_is_empty() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(5.3, 1, 4000), rng.normal(5, 1, 9000)
    ours, theirs = binned(a, LOW, HIGH), binned(b, LOW, HIGH)
    cuts = np.linspace(LOW, HIGH, N_INNER + 1)[np.flatnonzero(np.diff(quantile_groups(theirs, 10)))]
    p = np.bincount(np.searchsorted(cuts, a, side="right"), minlength=10)
    q = np.bincount(np.searchsorted(cuts, b, side="right"), minlength=10)
    exact = stats.entropy(p, q) + stats.entropy(q, p)

    assert np.isclose(figures.psi(ours, theirs), exact - 9 * (1 / 4000 + 1 / 9000))


def test_it_takes_the_expectation_of_no_drift_off_psi() -> None:
    rng = np.random.default_rng(2)
    theirs = binned(rng.normal(5, 1, 5000), LOW, HIGH)
    days = np.stack([binned(rng.normal(5, 1, 50), LOW, HIGH) for _ in range(500)])

    assert figures.psi(days, np.broadcast_to(theirs, days.shape)).mean() < 0.09
