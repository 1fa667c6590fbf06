"""Too few studies, too many, or none: counts against the same weekdays, by negative binomial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from regions.drift.arrays import Counts, Flags, Floats, Ints
from regions.drift.verdicts import Rule, Verdict, strongest

WEEKS = 8
LAG_DAYS = 7
LEVEL_FROM, LEVEL_TO = 28, 8
LEVEL_RANGE = (0.5, 2.0)
K_RANGE = (2.0, 200.0)
DISPERSION_FACTOR = 1.2
P_LIMIT = 1e-4
LEAST_EXPECTED = 5.0
LEAST_EXCESS = 10.0
# Days in the window, the share of the usual below which it speaks, and above which it does.
WINDOWS = ((1, 0.60, 1.8), (3, 0.70, 1.5), (7, 0.75, 1.4))
# Days of one window go together.
WINDOW_VARIANCE = 1.3
MIN_DAYS = 28


@dataclass(frozen=True)
class Expected:
    """Studies expected of each day, (T, R), NaN where unknown, and the dispersion k (R,)."""

    mean: Floats
    k: Floats


def expected(n: Counts, weekday: Ints, is_left_out: Flags) -> Expected:
    """Return what was to be expected of each day from the days at least a week before it.

    `n` (T, R) studies a day, `weekday` (T,) 0 to 6, `is_left_out` (T, R) holidays, days after
    them, and days that are excluded; those are not expected either. The mean is the median of the
    same weekday in eight weeks, seven days ago and more, times the level of the last weeks (days
    28 to 8 before, 0.5 to 2). The first four weeks are unknown.
    """
    counts = np.where(is_left_out, np.nan, n)
    base = np.full(n.shape, np.nan)
    for t in range(MIN_DAYS, len(n)):
        earlier = np.arange(max(0, t - LAG_DAYS * (WEEKS + 1)), t - LAG_DAYS + 1)
        base[t] = _median(counts[earlier[weekday[earlier] == weekday[t]]])
    mean = np.full(n.shape, np.nan)
    for t in range(MIN_DAYS, len(n)):
        window = slice(max(0, t - LEVEL_FROM), t - LEVEL_TO + 1)
        is_both = ~np.isnan(base[window]) & ~np.isnan(counts[window])
        seen = np.where(is_both, counts[window], 0).sum(axis=0)
        usual = np.where(is_both, base[window], 0).sum(axis=0)
        level = np.where(usual > 0, seen / np.maximum(usual, 1e-9), 1.0)
        mean[t] = base[t] * np.clip(level, *LEVEL_RANGE)
    mean[is_left_out] = np.nan
    return Expected(mean, _dispersion(counts[:-1], mean[:-1]))


def volume(n: Counts, usual: Expected) -> list[Verdict]:
    """Return the regions whose last 1, 3 or 7 days, together, hold too few studies or too many.

    `n` (T, R). A tail of 1e-4, and below 0.60, 0.70, 0.75 of the usual or above 1.8, 1.5, 1.4 with
    10 studies more; at least 5 expected. Value and usual range are studies of the window; the
    window with the highest score speaks for the region. Days not expected are left out.
    """
    found: list[Verdict] = []
    for days, least, most in WINDOWS:
        if len(n) < days:
            continue
        mean = np.nansum(usual.mean[-days:], axis=0)
        seen = np.where(np.isnan(usual.mean[-days:]), 0, n[-days:]).sum(axis=0)
        k = _window_k(mean, usual, days)
        share_p = k / (k + np.maximum(mean, 1e-9))
        too_few = -scipy.stats.nbinom.logcdf(seen, k, share_p) / np.log(10)
        too_many = -scipy.stats.nbinom.logsf(seen - 1, k, share_p) / np.log(10)
        is_low = (too_few > -np.log10(P_LIMIT)) & (seen < least * mean)
        is_high = (too_many > -np.log10(P_LIMIT)) & (seen > most * mean)
        is_high &= seen - mean >= LEAST_EXCESS
        for r in np.flatnonzero((is_low | is_high) & (mean >= LEAST_EXPECTED)):
            found.append(
                Verdict(
                    rule=Rule.VOLUME,
                    subject=int(r),
                    value=float(seen[r]),
                    low=float(scipy.stats.nbinom.ppf(0.025, k[r], share_p[r])),
                    high=float(scipy.stats.nbinom.ppf(0.975, k[r], share_p[r])),
                    score=float(too_few[r] if is_low[r] else too_many[r]),
                    limit=-float(np.log10(P_LIMIT)),
                    n=int(seen[r]),
                    n_reference=round(float(mean[r])),
                    n_days=days,
                )
            )
    return strongest(found)


def silence(n_hours: Floats, missed: Floats, k: Floats) -> list[Verdict]:
    """Return the regions that are silent although studies were due.

    `n_hours` (R,) hours since the last study, `missed` (R,) studies that those hours usually
    bring, `k` (R,) the dispersion. Speaks when the negative binomial gives nothing at all less than
    1e-4: 36 missed studies at k = 4, 15 at k = 10. Value: hours; usual up to the hours in which
    half of the limit's evidence gathers.
    """
    score = k * np.log10(1 + missed / k)
    limit = -float(np.log10(P_LIMIT))
    return [
        Verdict(
            rule=Rule.SILENCE,
            subject=int(r),
            value=float(n_hours[r]),
            low=0.0,
            high=float(n_hours[r] * limit / score[r]),
            score=float(score[r]),
            limit=limit,
            n=0,
            n_reference=round(float(missed[r])),
        )
        for r in np.flatnonzero(score >= limit)
    ]


def _dispersion(counts: Floats, mean: Floats) -> Floats:
    """Return k (R,): the mean over (φ − 1), φ from the winsorised squares of what was missed."""
    pearson = np.where(mean > 0, (counts - mean) ** 2 / np.maximum(mean, 1e-9), np.nan)
    k = np.full(counts.shape[1], K_RANGE[0])
    for r in range(counts.shape[1]):
        known = pearson[:, r][~np.isnan(pearson[:, r])]
        if len(known) >= LAG_DAYS:
            phi = DISPERSION_FACTOR * np.minimum(known, np.quantile(known, 0.9)).mean()
            k[r] = np.nanmean(mean[:, r]) / max(phi - 1, 1e-9)
    return np.asarray(np.clip(k, *K_RANGE), dtype=np.float64)


def _window_k(mean: Floats, usual: Expected, days: int) -> Floats:
    """Return the dispersion of a window's sum: variances add up, and 1.3 more for more days."""
    daily = np.nansum(usual.mean[-days:] + usual.mean[-days:] ** 2 / usual.k, axis=0)
    variance = daily * (WINDOW_VARIANCE if days > 1 else 1.0)
    return np.asarray(mean**2 / np.maximum(variance - mean, 1e-9), dtype=np.float64).clip(1e-3)


def _median(rows: Floats) -> Floats:
    """Return the median (R,) of rows (N, R), NaN left out; NaN where there are fewer than three."""
    ordered = np.sort(rows, axis=0)
    n = (~np.isnan(ordered)).sum(axis=0)
    if not len(rows):
        return np.full(rows.shape[1], np.nan)
    low = np.take_along_axis(ordered, np.maximum((n - 1) // 2, 0)[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(n // 2, len(rows) - 1)[None], axis=0)[0]
    return np.where(n >= 3, (low + high) / 2, np.nan)
