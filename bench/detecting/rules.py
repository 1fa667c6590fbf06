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
MAX_POOLED = 3
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
        past = slice(max(0, t - OWN_DAYS), t)
        is_same = is_off[past] == is_off[t]
        is_today = pooled_for_share(n[: t + 1], is_off[: t + 1])
        used = is_same & ~is_today[past]
        n_past = np.where(used, n[past], 0)
        n_today = np.where(is_today, n[: t + 1], 0).sum(axis=0)
        for c in range(N_CLASSES):
            positive = np.where(is_today, counts[: t + 1, :, c], 0).sum(axis=0)
            before = np.where(used, counts[past, :, c], 0)
            for one in outputs.class_share(positive, n_today, before, n_past):
                said.add(one.subject, "class_share", t)
            week = slice(t - 6, t + 1)
            peers = outputs.unlike_peers(counts[week, :, c].sum(axis=0), n[week].sum(axis=0))
            for one in peers:
                said.add(one.subject, "peers", t)
            share = before.sum(axis=0) / np.maximum(n_past.sum(axis=0), 1)
            still = outputs.flat(sd[t], n[t])
            for one in [*still, *outputs.absent(positive, n_today, n_today * share)]:
                said.add(one.subject, "constants", t)


def pooled_for_share(n: np.ndarray, is_off: np.ndarray) -> np.ndarray:
    """Return (T, R): the last day and at most two of its type before it, until 30 studies."""
    is_used = np.zeros(n.shape, dtype=bool)
    is_used[-1] = True
    for back in range(1, MAX_POOLED):
        total = np.where(is_used, n, 0).sum(axis=0)
        is_used[-1 - back] = (total < outputs.SHARE_STUDIES) & (is_off[-1 - back] == is_off[-1])
    return is_used


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
