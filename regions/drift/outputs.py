"""Whether a model still answers: equal outputs, class shares, scores that do not move.

All rules are for one class of one model version, all its regions (or nodes) at once.
"""

from __future__ import annotations

import warnings

import numpy as np
import scipy

from regions.drift.arrays import Counts, Flags, Floats
from regions.drift.rates import WINDOWS, concentration
from regions.drift.verdicts import Rule, Verdict, strongest

IDENTICAL_P = 1e-6
IDENTICAL_STUDIES = 5
IDENTICAL_SHARE = 0.01
SHARE_SCORE = 5.0
PEER_SCORE = 4.0
SHARE_CHANGE = 0.10
SHARE_STUDIES = 30
LEAST_TAU = 0.05
MIN_PAST_DAYS = 10
PEER_REGIONS = 5
PEER_DAYS = (7, 28)
PEER_STUDIES = 100
PEER_SPREAD = 0.12
PEER_ALLOWANCE = 0.1
FLAT_RATIO = 0.10
ABSENT_P = 1e-4
ABSENT_EXPECTED = 12
ABSENT_K = 4.0


def identical_excess(n_identical: Counts, n_scored: Counts) -> tuple[Counts, Counts]:
    """Return studies that repeat another's output and studies that could have, (R,).

    Both (H, R) by hour: the largest group of equal scores, and all. One of each hour is taken off,
    since one study equals itself; this is what hourly rows allow to be added up over a day.
    """
    repeated = np.maximum(n_identical - 1, 0).sum(axis=0)
    return repeated, np.maximum(n_scored - 1, 0).sum(axis=0)


def identical(m: Counts, n: Counts, past_m: Counts, past_n: Counts) -> list[Verdict]:
    """Return where too many of n studies (R,) share one output, m (R,) of them.

    `past_*` (T, R) are the same of up to 56 days and may be empty. The usual share is the own 99th
    percentile, at least 1 %; the limit is a binomial tail of 1e-6 and 5 studies. Score: −log10 p.
    """
    usual = np.full(len(n), IDENTICAL_SHARE)
    if len(past_n):
        shares = np.where(past_n > 0, past_m / np.maximum(past_n, 1), 0)
        usual = np.maximum(usual, np.quantile(shares, 0.99, axis=0))
    score = -scipy.stats.binom.logsf(m - 1, n, np.minimum(usual, 1)) / np.log(10)
    is_over = (m >= IDENTICAL_STUDIES) & (score > -np.log10(IDENTICAL_P))
    return [
        Verdict(
            rule=Rule.IDENTICAL,
            subject=int(r),
            value=float(m[r] / n[r]),
            low=0.0,
            high=float(usual[r]),
            score=float(score[r]),
            limit=-float(np.log10(IDENTICAL_P)),
            n=int(n[r]),
            n_reference=int(past_n[:, r].sum()) if len(past_n) else 0,
        )
        for r in np.flatnonzero(is_over)
    ]


def class_share(positive: Counts, n: Counts) -> list[Verdict]:
    """Return where the share of a class left its own past: 5 spreads of its logit and 0.10.

    Both (T, R), up to 63 days, the newest last and 0 on days of another type. The last 1, 3 and 7
    days, 30 studies together, are compared with those before them, of which ten are needed; the
    window with the highest score speaks for the region. The spread joins what moves from day to
    day, at least 0.05, with the sampling of the window's studies. The newest day alone must still
    be 0.10 off, so that what was repaired is over at once.
    """
    found: list[Verdict] = []
    for days, together in WINDOWS:
        seen, total = positive[-days:].sum(axis=0), n[-days:].sum(axis=0)
        past_n, past_positive = n[:-days], positive[:-days]
        m = past_n.sum(axis=0)
        usual = _share(past_positive.sum(axis=0), m)
        tau2 = _tau2(past_positive, past_n, usual) * together * concentration(n[-days:])
        spread = np.sqrt(tau2 + 1 / (np.maximum(total, 1) * usual * (1 - usual)))
        is_judged = (total >= SHARE_STUDIES) & ((past_n > 0).sum(axis=0) >= MIN_PAST_DAYS)
        is_judged &= _is_still_off(positive[-1], n[-1], seen, total, usual)
        found += _share_verdicts(
            Rule.CLASS_SHARE, SHARE_SCORE, seen, total, usual, spread, m, is_judged, days
        )
    return strongest(found)


def _tau2(positive: Counts, n: Counts, usual: Floats) -> Floats:
    """Return how much a day's logit moves by itself, squared (R,), from past days (T, R)."""
    day_logit = scipy.special.logit(_share(positive, n))
    sampling = 1 / (np.maximum(n, 1) * usual * (1 - usual))
    excess = np.where(n > 0, (day_logit - scipy.special.logit(usual)) ** 2 - sampling, np.nan)
    return np.maximum(_winsorised(excess), LEAST_TAU**2)


def unlike_peers(positive: Counts, n: Counts) -> list[Verdict]:
    """Return the regions whose share of a class is unlike that of others on the same version,
    by 4 spreads of its logit and 0.10.

    Both (2, R), over the last 7 and 28 days; the longer window is for small regions, speaks only
    while the week alone is still 0.10 off, and the higher score of both speaks for the region.
    Five regions with 100 studies are needed. The centre is the regions' median logit; the spread
    joins theirs (1.4826 MAD, at least 0.12), sampling, and 0.1. Needs no history, so it finds what
    is wrong since the first day.
    """
    found: list[Verdict] = []
    for days, seen, total in zip(PEER_DAYS, positive, n, strict=True):
        is_peer = total >= PEER_STUDIES
        if is_peer.sum() < PEER_REGIONS:
            continue
        of_peers = scipy.special.logit(_share(seen, total))[is_peer]
        centre = float(np.median(of_peers))
        spread = max(1.4826 * float(np.median(np.abs(of_peers - centre))), PEER_SPREAD)
        usual = np.full(len(total), float(scipy.special.expit(centre)))
        sampling = 1 / (np.maximum(total, 1) * usual * (1 - usual))
        deviation = np.sqrt(spread**2 + PEER_ALLOWANCE**2 + sampling)
        m = np.where(is_peer, total, 0).sum() - total
        is_judged = (is_peer | (total >= SHARE_STUDIES)) & _is_still_off(
            positive[0], n[0], seen, total, usual
        )
        found += _share_verdicts(
            Rule.PEERS, PEER_SCORE, seen, total, usual, deviation, m, is_judged, days
        )
    return strongest(found)


def flat(score_sd: Floats, n: Counts) -> list[Verdict]:
    """Return the regions whose scores do not move as those of the others do.

    `score_sd` (R,) in score units of n (R,) studies, NaN where unknown: below a tenth of the median
    of five regions, with 30 studies each. Score: how many times the others' is larger.
    """
    is_known = (n >= SHARE_STUDIES) & ~np.isnan(score_sd)
    if is_known.sum() < PEER_REGIONS:
        return []
    usual = float(np.median(score_sd[is_known]))
    return [
        Verdict(
            rule=Rule.FLAT,
            subject=int(r),
            value=float(score_sd[r]),
            low=FLAT_RATIO * usual,
            high=float("inf"),
            score=float(usual / max(score_sd[r], 1e-12)),
            limit=1 / FLAT_RATIO,
            n=int(n[r]),
            n_reference=int(n[is_known].sum() - n[r]),
        )
        for r in np.flatnonzero(is_known & (score_sd < FLAT_RATIO * usual))
    ]


def absent(positive: Counts, n: Counts, expected: Floats) -> list[Verdict]:
    """Return the regions in which a class is absent that should not be.

    `positive` (R,) of n (R,) studies against `expected` (R,): none where 12 were expected and a
    negative binomial (k = 4) gives that less than 1e-4. Value and usual range are studies.
    """
    p_absent = np.asarray(scipy.stats.nbinom.pmf(0, ABSENT_K, ABSENT_K / (ABSENT_K + expected)))
    is_absent = (positive == 0) & (expected >= ABSENT_EXPECTED) & (p_absent < ABSENT_P)
    return [
        Verdict(
            rule=Rule.ABSENT,
            subject=int(r),
            value=0.0,
            low=float(
                scipy.stats.nbinom.ppf(ABSENT_P, ABSENT_K, ABSENT_K / (ABSENT_K + expected[r]))
            ),
            high=float("inf"),
            score=-float(np.log10(p_absent[r])),
            limit=-float(np.log10(ABSENT_P)),
            n=int(n[r]),
            n_reference=0,
        )
        for r in np.flatnonzero(is_absent)
    ]


def _share_verdicts(
    rule: Rule,
    least_score: float,
    positive: Counts,
    n: Counts,
    usual: Floats,
    spread: Floats,
    m: Counts,
    is_judged: Flags,
    n_days: int,
) -> list[Verdict]:
    share = positive / np.maximum(n, 1)
    score = np.abs(scipy.special.logit(_share(positive, n)) - scipy.special.logit(usual)) / spread
    is_over = is_judged & (score >= least_score) & (np.abs(share - usual) >= SHARE_CHANGE)
    return [
        Verdict(
            rule=rule,
            subject=int(r),
            value=float(share[r]),
            low=float(scipy.special.expit(scipy.special.logit(usual[r]) - 2 * spread[r])),
            high=float(scipy.special.expit(scipy.special.logit(usual[r]) + 2 * spread[r])),
            score=float(score[r]),
            limit=least_score,
            n=int(n[r]),
            n_reference=int(m[r]),
            n_days=n_days,
        )
        for r in np.flatnonzero(is_over)
    ]


def _is_still_off(
    newest: Counts, n_newest: Counts, seen: Counts, n: Counts, usual: Floats
) -> Flags:
    """Return whether the newest studies alone are as far off as matters, to the window's side."""
    side = np.sign(seen / np.maximum(n, 1) - usual)
    change = (newest / np.maximum(n_newest, 1) - usual) * side
    return np.asarray((n_newest > 0) & (change >= SHARE_CHANGE), dtype=np.bool_)


def _share(positive: Counts, n: Counts) -> Floats:
    """Return shares that never are 0 or 1, so that they have a logit."""
    return np.asarray((positive + 0.5) / (n + 1), dtype=np.float64)


def _winsorised(excess: Floats) -> Floats:
    """Return the mean over days (T, R), the upper tenth cut to the rest; 0 where there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        limit = np.nanquantile(excess, 0.9, axis=0)
        mean = np.nanmean(np.minimum(excess, limit), axis=0)
    return np.asarray(np.nan_to_num(mean, nan=0.0), dtype=np.float64)
