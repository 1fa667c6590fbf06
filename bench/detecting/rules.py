"""The rules beside the distributions, lived through day by day: outputs, volume, errors."""

from __future__ import annotations

import numpy as np

from bench.detecting.fleet import N_CLASSES, N_NODES, N_NUMERIC
from bench.detecting.life import Fleet, Said
from regions.drift import outputs
from regions.drift.rates import ERRORS_CHANGE, SLOW_CHANGE, rates
from regions.drift.references import OWN_DAYS
from regions.drift.volume import Expected, expected, volume

FAMILIES = ("identical", "class_share", "peers", "constants", "volume", "errors", "slow")
SHARE_DAYS = 7
K_EVERY = 28
# The days that the longest of these rules looks back at.
PAST = 64


def watch(fleet: Fleet, first: int, last: int, said: Said) -> None:
    """Add what these rules say of the days from first to before last."""
    identical(fleet, first, last, said)
    classes(fleet, first, last, said)
    volumes(fleet, first, last, said)
    n = stacked(fleet, "n")
    for family, change in (("errors", ERRORS_CHANGE), ("slow", SLOW_CHANGE)):
        events = stacked(fleet, family)
        for t in range(first, last):
            window = slice(max(0, t - PAST), t + 1)
            nothing = np.zeros_like(n[window], dtype=bool)
            for one in rates(events[window], n[window], change, nothing):
                said.add(one.subject, family, t)


def stacked(fleet: Fleet, name: str) -> np.ndarray:
    """Return a field of the regions' rows side by side, (T, R, …)."""
    return np.stack([getattr(rows, name) for rows in fleet.by_region], axis=1)


def identical(fleet: Fleet, first: int, last: int, said: Said) -> None:
    """Judge equal outputs by node, counted by the hour as the rollups hold them."""
    largest, scored = stacked(fleet, "identical"), stacked(fleet, "scored")
    m = np.maximum(largest - 1, 0).sum(axis=2).reshape(len(largest), -1)
    n = np.maximum(scored - 1, 0).sum(axis=2).reshape(len(scored), -1)
    for t in range(first, last):
        past = slice(max(0, t - OWN_DAYS), t)
        for one in outputs.identical(m[t], n[t], m[past], n[past]):
            said.add(one.subject // N_NODES, "identical", t)


def classes(fleet: Fleet, first: int, last: int, said: Said) -> None:
    """Judge the share of each class against the own past and the peers, and constants."""
    counts, n, is_off = stacked(fleet, "classes"), stacked(fleet, "n"), fleet.is_off
    sd = score_sd(fleet, max(0, first - 1), last)
    for t in range(first, last):
        days = slice(max(0, t - OWN_DAYS - SHARE_DAYS + 1), t + 1)
        n_days = np.where(is_off[days] == is_off[t], n[days], 0)
        for r in unlike_peers(counts, n, t):
            said.add(r, "peers", t)
        for c in range(N_CLASSES):
            positive = np.where(n_days > 0, counts[days, :, c], 0)
            for one in outputs.class_share(positive, n_days):
                said.add(one.subject, "class_share", t)
            m = n_days[:-1].sum(axis=0)
            due = n_days[-1] * positive[:-1].sum(axis=0) / np.maximum(m, 1)
            still = outputs.flat(sd[t], n[t])
            for one in [*still, *outputs.absent(positive[-1], n_days[-1], due)]:
                said.add(one.subject, "constants", t)


def unlike_peers(counts: np.ndarray, n: np.ndarray, t: int) -> set[int]:
    """Return the regions that have a share of a class unlike the others' on day t."""
    weeks = [slice(max(0, t - long + 1), t + 1) for long in outputs.PEER_DAYS]
    of_class, total = (np.stack([one[week].sum(axis=0) for week in weeks]) for one in (counts, n))
    return {
        one.subject
        for c in range(N_CLASSES)
        for one in outputs.unlike_peers(of_class[:, :, c], total)
    }


def score_sd(fleet: Fleet, first: int, last: int) -> np.ndarray:
    """Return the standard deviation of the scores, (T, R), from their histograms."""
    is_score = fleet.row_series % N_NUMERIC == N_NUMERIC - 1
    middles = (np.arange(64) - 0.5) / 62
    sd = np.full((last, len(fleet.regions)), np.nan)
    histograms = fleet.numeric[first:last, is_score].astype(np.float64)
    total = np.maximum(histograms.sum(axis=2), 1)
    mean = histograms @ middles / total
    sd[first:] = np.sqrt(np.maximum(histograms @ middles**2 / total - mean**2, 0))
    return sd


def volumes(fleet: Fleet, first: int, last: int, said: Said) -> None:
    """Judge volume; the dispersion is learned anew every four weeks."""
    n = stacked(fleet, "n")
    is_holiday = np.stack([region.is_holiday for region in fleet.regions], axis=1)
    is_left_out = is_holiday.copy()
    is_left_out[1:] |= is_holiday[:-1]
    weekday = np.arange(len(n)) % 7
    mean = expected(n[:last], weekday[:last], is_left_out[:last]).mean
    for t in range(first, last):
        if t == first or (t - first) % K_EVERY == 0:
            past = slice(max(0, t - 180), t)
            k = expected(n[past], weekday[past], is_left_out[past]).k
        window = slice(t - 6, t + 1)
        for one in volume(n[window], Expected(mean[window], k)):
            said.add(one.subject, "volume", t)
