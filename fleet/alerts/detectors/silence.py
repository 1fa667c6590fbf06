"""Regions in which no study came although, by the same hours of earlier weeks, many were due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import fmean, median, pvariance

import numpy as np
from django.db import connection

from fleet.alerts.detectors.watched import HOUR, Values, Watched, hours_at_work
from fleet.alerts.models import Finding
from regions.drift.volume import K_RANGE, silence
from regions.localday import local_day

N_WEEKS = 8
MIN_WEEKS = 3
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
# A longer silence says no more.
LONGEST = timedelta(days=6)
_LAST = """
SELECT r.id, (SELECT max(h.hour) FROM regions_hourlyrollup h
    WHERE h.region_id = r.id AND h.n_received > 0 AND h.hour BETWEEN r.known - %(longest)s
    AND r.known),
  (SELECT min(d.day) FROM regions_dailyrollup d WHERE d.region_id = r.id)
FROM unnest(%(ids)s::bigint[], %(known)s::timestamptz[]) AS r (id, known)"""
_EARLIER = """
SELECT r.id, w.n, h.hour + w.n * interval '7 days', h.n_received
FROM unnest(%(ids)s::bigint[], %(first)s::timestamptz[], %(last)s::timestamptz[])
  AS r (id, first, last)
CROSS JOIN generate_series(1, %(n_weeks)s) AS w (n)
JOIN regions_hourlyrollup h ON h.region_id = r.id
  AND h.hour >= r.first - w.n * interval '7 days' AND h.hour < r.last - w.n * interval '7 days'"""

Due = Mapping[int, Sequence[float]]


def silent(regions: Sequence[Watched]) -> list[Finding]:
    """Return the regions that are silent for longer than chance makes; score and limit in seconds.

    The studies due are the median of the same hours of eight weeks, hours in maintenance left out,
    and on both sides the days that do not keep their weekday.
    A silence is one window, from the end of the last hour with a study.
    """
    since = _since(regions)
    if not since:
        return []
    by_id = {one.id: one for one in regions}
    due = _due([by_id[region] for region in since], since)
    judged = [region for region in since if len(due[region]) >= MIN_WEEKS]
    if not judged:
        return []
    hours = [(_until(by_id[region]) - since[region][0]) / HOUR for region in judged]
    verdicts = silence(
        np.array(hours),
        np.array([median(due[region]) for region in judged]),
        np.array([_dispersion(due[region]) for region in judged]),
    )
    return [
        by_id[judged[verdict.subject]].finding(
            "region_silent",
            since[judged[verdict.subject]][0],
            score=verdict.value * HOUR.total_seconds(),
            limit=verdict.high * HOUR.total_seconds(),
        )
        for verdict in verdicts
    ]


def _since(regions: Sequence[Watched]) -> dict[int, tuple[datetime, int]]:
    """Return since when a region is silent and how many whole weeks are known before."""
    known = {one.id: _until(one) for one in regions}
    days = {one.id: one.day for one in regions}
    with connection.cursor() as cursor:
        times: Values = {"ids": list(known), "known": list(known.values()), "longest": LONGEST}
        cursor.execute(_LAST, times)
        rows = cursor.fetchall()
    found = {}
    for region, last, first_day in rows:
        since = last + HOUR if last else known[region] - LONGEST
        if first_day is not None and since < known[region]:
            found[region] = (since, ((days[region] - first_day).days - LONGEST.days) // 7)
    return found


def _due(
    regions: Sequence[Watched], since: Mapping[int, tuple[datetime, int]]
) -> dict[int, list[float]]:
    """Return the studies of the same hours, one number for each known week before."""
    until = {one.id: _until(one) for one in regions}
    begun = [since[one.id][0] for one in regions]
    left_out = set(hours_at_work(regions, min(begun), max(until.values())))
    days = {one.id: _days_judged(one, since[one.id][0], until[one.id]) for one in regions}
    by_id = {one.id: one for one in regions}
    weeks: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    with connection.cursor() as cursor:
        spans = {"first": begun, "last": [until[one.id] for one in regions]}
        ids = [one.id for one in regions]
        cursor.execute(_EARLIER, {"ids": ids, "n_weeks": N_WEEKS, **spans})
        for region, week, hour, n_received in cursor.fetchall():
            is_judged = local_day(hour, by_id[region].region.zone) in days[region]
            if is_judged and (region, hour) not in left_out:
                weeks[region][week] += n_received
    return {
        region: [
            weeks[region][week]
            for week in range(1, min(N_WEEKS, n_weeks) + 1)
            if all(by_id[region].calendar.keeps_its_weekday(d - week * WEEK) for d in days[region])
        ]
        for region, (_since, n_weeks) in since.items()
    }


def _days_judged(one: Watched, begins_at: datetime, ends_at: datetime) -> list[date]:
    """Return the local days of a silence that keep their weekday."""
    first, last = (local_day(moment, one.region.zone) for moment in (begins_at, ends_at))
    days = (first + n * DAY for n in range((last - first).days + 1))
    return [day for day in days if one.calendar.keeps_its_weekday(day)]


def _until(one: Watched) -> datetime:
    """Return the end of the last hour that is wholly known."""
    known = one.known_as_of
    assert known is not None  # noqa: S101 (who was never collected is not judged)
    return known.replace(minute=0, second=0, microsecond=0)


def _dispersion(weeks: Sequence[float]) -> float:
    """Return k of the negative binomial by its moments, as far as the kernel trusts it."""
    mean = fmean(weeks)
    excess = pvariance(weeks) * len(weeks) / (len(weeks) - 1) - mean
    low, high = K_RANGE
    # Eight numbers tell little of their spread: never more trust than in a usual region.
    high = min(high, 10.0)
    return min(max(mean**2 / excess, low), high) if excess > 0 else high
