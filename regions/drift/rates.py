"""Errors and slow answers: shares over 1, 3 and 7 days against the own past, by beta-binomial."""

from __future__ import annotations

import numpy as np
import scipy

from regions.drift.arrays import Counts, Flags, Floats
from regions.drift.verdicts import Rule, Verdict, strongest

PAST_DAYS = 56
LAG_DAYS = 7
MIN_PAST_DAYS = 10
P_LIMIT = 1e-4
LEAST_EVENTS = 5
ERRORS_CHANGE = 0.01
SLOW_CHANGE = 0.03
# Days in the window, and how much more their sum varies than that of days which have nothing to do
# with each other: half of a day's deviation is still there on the next.
WINDOWS = ((1, 1.0), (3, 1.8), (7, 2.5))
# What the cut of the wildest days takes from the spread, and what a beta's tail is too short by.
SPREAD_FACTOR = 2.0
LEAST_RHO = 1e-4
MAX_RHO = 0.5
LEAST_SHARE = 1e-3
# Of one's answers all may fail and be normal; a beta needs less.
MOST_SHARE = 0.999


def rates(
    events: Counts,
    n: Counts,
    least_change: float,
    is_left_out: Flags,
    normal: Floats | float = 0.0,
) -> list[Verdict]:
    """Return the regions with too many failed, or slow, answers in their last 1, 3 or 7 days.

    `events` of `n` (T, R) a day; `is_left_out` (T, R) days that are excluded from the past, which
    is 56 days, the last seven left out. `least_change` is the change that matters, 0.01 for errors,
    0.03 for answers slower than promised. `normal` (R,) are shares that people took for normal: no
    less is usual. A tail of 1e-4 of a beta-binomial whose spread is that of
    the days, at least 5 events. Value and usual range are shares; the window with the highest
    score speaks for the region.
    """
    past = slice(max(0, len(n) - PAST_DAYS - LAG_DAYS), max(0, len(n) - LAG_DAYS))
    past_n = np.where(is_left_out[past], 0, n[past])
    past_events = np.where(is_left_out[past], 0, events[past])
    m = past_n.sum(axis=0)
    own = np.maximum((past_events.sum(axis=0) + 0.5) / (m + 1), LEAST_SHARE)
    rho = _rho(past_events, past_n, own)
    usual = np.minimum(np.maximum(own, normal), MOST_SHARE)
    is_known = (past_n > 0).sum(axis=0) >= MIN_PAST_DAYS
    found: list[Verdict] = []
    for days, together in WINDOWS:
        seen, total = events[-days:].sum(axis=0), n[-days:].sum(axis=0)
        width = np.minimum(rho * together * concentration(n[-days:]), MAX_RHO)
        a, b = usual * (1 / width - 1), (1 - usual) * (1 / width - 1)
        share = seen / np.maximum(total, 1)
        is_candidate = is_known & (seen >= LEAST_EVENTS) & (share - usual >= least_change)
        for r in np.flatnonzero(is_candidate):
            tail = scipy.stats.betabinom.sf(seen[r] - 1, total[r], a[r], b[r])
            score = -float(np.log10(max(tail, 1e-300)))
            if score <= -np.log10(P_LIMIT):
                continue
            spread = np.sqrt(usual[r] * (1 - usual[r]) * (width[r] + 1 / total[r]))
            found.append(
                Verdict(
                    rule=Rule.RATE,
                    subject=int(r),
                    value=float(share[r]),
                    low=max(0.0, float(usual[r] - 2 * spread)),
                    high=float(usual[r] + 2 * spread),
                    score=score,
                    limit=-float(np.log10(P_LIMIT)),
                    n=int(total[r]),
                    n_reference=int(m[r]),
                    n_days=days,
                )
            )
    return strongest(found)


def _rho(events: Counts, n: Counts, usual: Floats) -> Floats:
    """Return the share (R,) of a day's variance that its days have in common, 1e-4 at least."""
    share = events / np.maximum(n, 1)
    variance = usual * (1 - usual)
    excess = np.where(n > 1, (share - usual) ** 2 / variance - 1 / np.maximum(n, 1), np.nan)
    rho = np.full(len(usual), LEAST_RHO)
    for r in range(len(usual)):
        known = excess[:, r][~np.isnan(excess[:, r])]
        if len(known):
            rho[r] = SPREAD_FACTOR * np.minimum(known, np.quantile(known, 0.95)).mean()
    return np.asarray(np.clip(rho, LEAST_RHO, MAX_RHO), dtype=np.float64)


def concentration(n: Counts) -> Floats:
    """Return (R,): how much of days' own spread is left in their sum; 1 for one day."""
    total = np.maximum(n.sum(axis=0), 1)
    return np.asarray(((n / total) ** 2).sum(axis=0).clip(1e-3), dtype=np.float64)
