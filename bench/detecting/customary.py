"""What customary limits would say of the same days: threshold rules of others on our rows.

Restated from their code, not called: none of them takes histograms. Each compares a region's day of
at least 30 studies with its own fixed reference of 28 days.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, kstwobign

from bench.detecting.fleet import CATEGORICAL, HIGH, LOW, N_CATEGORICAL, N_NUMERIC
from bench.detecting.life import OFFSETS, Fleet
from regions.drift import figures
from regions.drift.histogram import by_series, grouped, quantile_groups

REFERENCE_DAYS = 28
MIN_STUDIES = 30
GROUPS = 16
RULES = (
    "PSI > 0.2",
    "KS or chi-square, p < 0.05",
    "Evidently, a column by its default",
    "Evidently, half of the columns",
    "NannyML, mean + 3 sd of the reference's days",
)


def alert_days(fleet: Fleet, first: int, last: int) -> dict[str, float]:
    """Return, by rule, the days of a region's week on which any attribute speaks."""
    n_regions = len(fleet.regions)
    before = slice(first - REFERENCE_DAYS, first)
    reference = totals(fleet, fleet.numeric[before].sum(axis=0))
    categories = padded(fleet.categories[before].sum(axis=0), n_regions)
    usual = nanny_limits(fleet, before, reference, categories)
    spoken = dict.fromkeys(RULES, 0)
    for t in range(first, last):
        numeric, codes = totals(fleet, fleet.numeric[t]), padded(fleet.categories[t], n_regions)
        is_large = numeric[:, 0].sum(axis=1) >= MIN_STUDIES
        for rule, flags in judged(numeric, reference, codes, categories, usual).items():
            spoken[rule] += int((flags & is_large).sum())
    weeks = n_regions * (last - first) / 7
    return {rule: n / weeks for rule, n in spoken.items()}


def judged(
    numeric: np.ndarray,
    reference: np.ndarray,
    codes: np.ndarray,
    categories: np.ndarray,
    nanny: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return which regions (R,) each rule speaks of."""
    p = np.concatenate([ks_p(numeric, reference), chi2_p(codes, categories)], axis=1)
    is_psi = np.concatenate(
        [raw_psi(*in_groups(numeric, reference, 10)), raw_psi(codes, categories)], 1
    )
    is_many = (reference.sum(axis=-1) > 1000)[:, :1]
    distance = np.concatenate(
        [
            figures.wasserstein(numeric, reference, LOW, HIGH) / spread(reference),
            figures.js(codes, categories),
        ],
        axis=1,
    )
    column = np.where(is_many, distance >= 0.1, p <= 0.05)
    return {
        RULES[0]: (is_psi > 0.2).any(axis=1),
        RULES[1]: (p < 0.05).any(axis=1),
        RULES[2]: column.any(axis=1),
        RULES[3]: column.mean(axis=1) >= 0.5,
        RULES[4]: (js_of(numeric, reference, codes, categories) > nanny).any(axis=1),
    }


def totals(fleet: Fleet, rows: np.ndarray) -> np.ndarray:
    """Return (R, numeric, 64), the devices merged."""
    n_series = len(fleet.regions) * N_NUMERIC
    return by_series(rows, fleet.row_series, n_series).reshape(-1, N_NUMERIC, 64)


def padded(counts: np.ndarray, n_regions: int) -> np.ndarray:
    """Return (R, categorical, 13), categories that an attribute has not left at zero."""
    rows = counts.reshape(n_regions, -1)
    wide = np.zeros((n_regions, N_CATEGORICAL, max(CATEGORICAL.values())))
    for c, size in enumerate(CATEGORICAL.values()):
        wide[:, c, :size] = rows[:, OFFSETS[c] : OFFSETS[c + 1]]
    return wide


def nanny_limits(
    fleet: Fleet, before: slice, reference: np.ndarray, categories: np.ndarray
) -> np.ndarray:
    """Return the mean and three deviations of the reference's own days, (R, attributes)."""
    days = []
    for t in range(before.start, before.stop):
        numeric = totals(fleet, fleet.numeric[t])
        codes = padded(fleet.categories[t], len(fleet.regions))
        one = js_of(numeric, reference, codes, categories)
        one[numeric[:, 0].sum(axis=1) < MIN_STUDIES] = np.nan
        days.append(one)
    all_days = np.stack(days)
    return np.nan_to_num(np.nanmean(all_days, axis=0) + 3 * np.nanstd(all_days, axis=0), nan=1.0)


def js_of(
    numeric: np.ndarray, reference: np.ndarray, codes: np.ndarray, categories: np.ndarray
) -> np.ndarray:
    """Return Jensen–Shannon distances (R, attributes), numbers in 16 groups."""
    ours, theirs = in_groups(numeric, reference, GROUPS)
    return np.concatenate([figures.js(ours, theirs), figures.js(codes, categories)], axis=1)


def in_groups(
    numeric: np.ndarray, reference: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray]:
    groups = quantile_groups(reference, n_groups)
    return grouped(numeric, groups, n_groups), grouped(reference, groups, n_groups)


def raw_psi(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return PSI as it is usually computed: nothing taken off."""
    n = np.maximum(ours.sum(axis=-1, keepdims=True), 1)
    m = np.maximum(theirs.sum(axis=-1, keepdims=True), 1)
    p, q = np.maximum(ours, 0.5) / n, np.maximum(theirs, 0.5) / m
    return np.where((ours > 0) | (theirs > 0), (p - q) * np.log(p / q), 0).sum(axis=-1)


def ks_p(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    n, m = ours.sum(axis=-1), theirs.sum(axis=-1)
    return kstwobign.sf(figures.ks(ours, theirs) * np.sqrt(n * m / np.maximum(n + m, 1)))


def chi2_p(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    n, m = ours.sum(axis=-1, keepdims=True), theirs.sum(axis=-1, keepdims=True)
    share = (ours + theirs) / np.maximum(n + m, 1)
    square = np.where(
        share > 0,
        (ours - n * share) ** 2 / np.maximum(n * share, 1e-9)
        + (theirs - m * share) ** 2 / np.maximum(m * share, 1e-9),
        0,
    ).sum(axis=-1)
    return chi2.sf(square, np.maximum((share > 0).sum(axis=-1) - 1, 1))


def spread(reference: np.ndarray) -> np.ndarray:
    """Return the standard deviation (R, numeric); scores, kept over 0 to 1, in the same bins."""
    middles = LOW + (np.arange(64) - 0.5) / 62 * (HIGH - LOW)
    total = np.maximum(reference.sum(axis=-1), 1)
    mean = reference @ middles / total
    return np.sqrt(np.maximum(reference @ middles**2 / total - mean**2, 1e-6))
