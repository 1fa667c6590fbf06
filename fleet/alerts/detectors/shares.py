"""Regions in which too many studies fail, or too many answers are slow, on the running day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import F

from fleet.alerts.detectors.slow import slow_answers
from fleet.alerts.detectors.watched import Watched, day_start, hours_at_work
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Finding
from fleet.alerts.new_normal import normal_shares
from regions.drift.arrays import Flags, Floats, Ints
from regions.drift.rates import ERRORS_CHANGE, LAG_DAYS, PAST_DAYS, SLOW_CHANGE, rates
from regions.models import DailyRollup, HourlyRollup

N_DAYS = PAST_DAYS + LAG_DAYS + 1


def failing(regions: Sequence[Watched]) -> list[Finding]:
    """Return the regions that fail more than they did in eight weeks; score and limit are shares.

    Hours in maintenance are left out of the running day, days with a finding out of the past.
    """
    events, n = _table(regions), _table(regions)
    counts = ("n_failed", F("n_expected") - F("n_pending"))
    days = DailyRollup.objects.filter(region__in=[one.id for one in regions])
    days = days.filter(day__gt=min(one.day for one in regions) - timedelta(days=N_DAYS))
    _fill(regions, days.values_list("region_id", "day", *counts), events, n)
    _without_work(regions, events, n)
    return _judged(regions, "errors_up", events, n, ERRORS_CHANGE)


def slow(regions: Sequence[Watched]) -> list[Finding]:
    """Return the regions with more answers slower than twice their usual 95th percentile.

    Of a day in which maintenance has begun nothing is said: its hours cannot be told apart.
    """
    still = [one for one in regions if not _is_worked_on(one)]
    if not still:
        return []
    events, n = _table(still), _table(still)
    rows = slow_answers([one.id for one in still], max(one.day for one in still), N_DAYS)
    _fill(still, ((region, day, n_slow, m) for region, day, m, n_slow in rows), events, n)
    return _judged(still, "latency_up", events, n, SLOW_CHANGE)


def _table(regions: Sequence[Watched]) -> Ints:
    return np.zeros((N_DAYS, len(regions)), dtype=np.int64)


def _fill(regions: Sequence[Watched], rows: Iterable[Sequence[Any]], events: Ints, n: Ints) -> None:
    """Put counts where they belong: the last row is each region's own newest day."""
    place = {one.id: (at, one.day) for at, one in enumerate(regions)}
    for region, day, n_events, total in rows:
        at, newest = place[region]
        age = (newest - day).days
        if 0 <= age < N_DAYS:
            events[-1 - age, at], n[-1 - age, at] = n_events, total


def _without_work(regions: Sequence[Watched], events: Ints, n: Ints) -> None:
    """Take the hours in maintenance off the newest day."""
    worked = [one for one in regions if one.works]
    if not worked:
        return
    starts = [day_start(one) for one in worked]
    hours = set(hours_at_work(worked, min(starts), max(starts) + timedelta(hours=25)))
    place = {one.id: (at, one.day) for at, one in enumerate(regions)}
    rows = HourlyRollup.objects.filter(
        region__in={region for region, _hour in hours}, hour__in={hour for _region, hour in hours}
    )
    for region, hour, day, failed, settled in rows.values_list(
        "region_id", "hour", "day", "n_failed", F("n_expected") - F("n_pending")
    ):
        at, newest = place[region]
        if (region, hour) in hours and day == newest:
            events[-1, at] -= failed
            n[-1, at] -= settled


def _judged(
    regions: Sequence[Watched], kind: str, events: Ints, n: Ints, least_change: float
) -> list[Finding]:
    found = []
    left_out, normal = _with_findings(regions, kind), _normal(regions, kind)
    for verdict in rates(events, n, least_change, left_out, normal):
        one = regions[verdict.subject]
        if n[-1, verdict.subject] == 0 or (begins_at := one.judged_from(one.day)) is None:
            continue
        values = {"score": verdict.value, "limit": verdict.high, "day": one.day}
        usual = {"usual_low": verdict.low, "usual_high": verdict.high}
        span = timedelta(days=verdict.n_days)
        found.append(one.finding(kind, begins_at, span=span, **values, **usual))
    return found


def _normal(regions: Sequence[Watched], kind: str) -> Floats:
    """Return the shares (R,) that people took for normal, until the past lies behind that day."""
    newest = max(one.day for one in regions)
    accepted = normal_shares(kind, newest - timedelta(days=N_DAYS))
    return np.array([accepted.get(one.id, 0.0) for one in regions])


def _with_findings(regions: Sequence[Watched], kind: str) -> Flags:
    """Return (T, R): the days on which the family was found before; they are not usual ones."""
    left_out = np.zeros((N_DAYS, len(regions)), dtype=np.bool_)
    place = {one.id: (at, one.day) for at, one in enumerate(regions)}
    family = [one.code for one in KINDS.values() if one.family == KINDS[kind].family]
    rows = Finding.objects.filter(region__in=list(place), kind__in=family)
    for region, day in rows.values_list("region_id", "day"):
        at, newest = place[region]
        if 0 <= (newest - day).days < N_DAYS:
            left_out[-1 - (newest - day).days, at] = True
    return left_out


def _is_worked_on(one: Watched) -> bool:
    known = one.known_as_of
    return bool(known and one.works and hours_at_work([one], day_start(one), known))
