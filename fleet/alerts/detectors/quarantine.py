"""Which days of a region are compared with, and which are kept out of references.

What is said of a day depends on what was known when it ended, so that judging it again later says
the same: findings of earlier days, and what people said before its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import CLEAR_DAYS
from fleet.alerts.models import AlertEvent, Finding
from fleet.alerts.new_normal import Key, restarts
from regions.drift.arrays import Flags, Ints
from regions.localday import day_bounds, day_hours

DAY = timedelta(days=1)
FAMILIES = (Family.INPUTS, Family.OUTPUTS)
Event = AlertEvent.Kind


@dataclass(frozen=True, slots=True)
class Group:
    """Series that share their days: a region's inputs, or what one version of a model answered."""

    one: Watched
    family: Family
    service: str = ""
    version: str = ""

    @property
    def key(self) -> Key:
        return self.one.id, self.family, self.service, self.version


def usable(groups: Sequence[Group], days: Sequence[date], n: Ints) -> Flags:
    """Return the days (T, G) that have studies, n (T, G), no work in them, and lie behind the last
    restart of the group."""
    begins = restarts(days[-1])
    worked_on = _worked_on({group.one.id: group.one for group in groups}, days)
    flags: Flags = n > 0
    for at, group in enumerate(groups):
        first = begins.get(group.key, date.min)
        at_work = worked_on.get(group.one.id, set())
        flags[:, at] &= [then >= first and then not in at_work for then in days]
    return flags


def quarantined(groups: Sequence[Group], days: Sequence[date]) -> Flags:
    """Return the days (T, G) inside an alert that nobody called false before the last day's end.

    Inside are the day of a finding and those until the alert would end by itself; findings that
    were taken for normal count no more.
    """
    begins = restarts(days[-1])
    false = _false_spans(groups, days[-1])
    place = {group.key: at for at, group in enumerate(groups)}
    flags = np.zeros((len(days), len(groups)), dtype=np.bool_)
    kinds = [kind.code for kind in KINDS.values() if kind.family in FAMILIES]
    rows = Finding.objects.filter(
        region__in={group.one.id for group in groups},
        kind__in=kinds,
        day__lt=days[-1],
        day__gte=days[0] - CLEAR_DAYS * DAY,
    )
    found = rows.values_list("region_id", "kind", "service", "version", "day", "found_at")
    for region, kind, service, version, then, at in found:
        key = (region, KINDS[kind].family, service, version)
        if key not in place or then < begins.get(key, date.min):
            continue
        if any(since <= at <= until for since, until in false[key]):
            continue
        first = (then - days[0]).days
        flags[max(first, 0) : first + CLEAR_DAYS + 1, place[key]] = True
    return flags


def _worked_on(regions: Mapping[int, Watched], days: Sequence[date]) -> Mapping[int, set[date]]:
    """Return by region the days that maintenance touches: their hours cannot be told apart."""
    return {
        region: {
            then
            for then in days
            if any(_is_near(work.first_day, work.last_day, then) for work in one.works)
            and any(one.is_at_work(hour) for hour in day_hours(then, one.region.zone))
        }
        for region, one in regions.items()
        if one.works
    }


def _is_near(first: date, last: date, day: date) -> bool:
    return first <= day <= last + DAY


def _false_spans(
    groups: Sequence[Group], day: date
) -> Mapping[Key, list[tuple[datetime, datetime]]]:
    """Return by key from when to when alerts stood that a person called false."""
    spans: dict[Key, list[tuple[datetime, datetime]]] = defaultdict(list)
    ends = {group.one.id: day_bounds(day, group.one.region.zone)[1] for group in groups}
    events = AlertEvent.objects.filter(
        alert__region__in=list(ends),
        alert__family__in=FAMILIES,
        kind__in=(Event.OPENED, Event.REOPENED, Event.UNSTABLE, Event.RESOLVED),
    ).select_related("alert")
    opened: dict[int, datetime] = {}
    for event in events.order_by("at", "pk"):
        alert = event.alert
        if event.kind != Event.RESOLVED:
            opened.setdefault(alert.pk, event.at)
            continue
        since = opened.pop(alert.pk, event.at)
        if event.is_false_alarm and alert.region_id and event.at < ends[alert.region_id]:
            key = (alert.region_id, Family(alert.family), alert.service, alert.version)
            spans[key].append((since, event.at))
    return spans
