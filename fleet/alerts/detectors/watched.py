"""The regions that are watched, with what the collector knows of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from fleet.alerts.models import Finding, Maintenance
from fleet.alerts.models_evaluation import SETTINGS_VERSION
from regions.daysoff import Calendar, calendars
from regions.evidence import Attempt
from regions.localday import day_bounds, day_hours, local_day
from regions.models import AccessPath, Region, RegionStatus

HOUR = timedelta(hours=1)
# What a statement takes.
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """A region, where it stands, its rhythm, and the work that is planned in it."""

    region: Region
    status: RegionStatus
    has_path: bool
    works: tuple[Maintenance, ...]
    calendar: Calendar

    @property
    def id(self) -> int:
        return self.region.pk

    @property
    def known_as_of(self) -> datetime | None:
        return self.status.last_success_at

    @property
    def attempt(self) -> Attempt:
        """The collector's last try here."""
        status = self.status
        return Attempt(
            status.last_attempt_at,
            status.failure,
            status.failing_since,
            status.sentence,
            status.next_due_at,
        )

    @property
    def day(self) -> date:
        """The local day whose rows are the newest; of a region never collected, the first."""
        return local_day(self.known_as_of, self.region.zone) if self.known_as_of else date.min

    def is_at_work(self, moment: datetime) -> bool:
        """Return whether maintenance covers the moment."""
        local = moment.astimezone(self.region.zone)
        return any(work.covers(local) for work in self.works)

    def judged_from(self, day: date) -> datetime | None:
        """Return the first hour of the local day that is not in maintenance; None if all are."""
        hours = (hour for hour in day_hours(day, self.region.zone) if not self.is_at_work(hour))
        return next(hours, None)

    def finding(self, kind: str, begins_at: datetime, **values: Any) -> Finding:
        """Return an unsaved finding of this region; its day is that of `begins_at`, if untold."""
        values.setdefault("day", local_day(begins_at, self.region.zone))
        by = {"settings_version": SETTINGS_VERSION}
        return Finding(region=self.region, kind=kind, begins_at=begins_at, **by, **values)


def watched() -> list[Watched]:
    """Return the active regions that have a status, by code, in three queries."""
    works: dict[int, list[Maintenance]] = defaultdict(list)
    for work in Maintenance.objects.all():
        works[work.region_id].append(work)
    ways = AccessPath.objects.filter(is_enabled=True, region=OuterRef("region"))
    rows = RegionStatus.objects.filter(region__is_active=True).select_related("region")
    found = list(rows.annotate(has_path=Exists(ways)).order_by("region__code"))
    rhythms = calendars(row.region for row in found)
    return [
        Watched(row.region, row, row.has_path, tuple(works[row.region_id]), rhythms[row.region_id])
        for row in found
    ]


def hours_at_work(
    regions: Iterable[Watched], first: datetime, last: datetime
) -> Sequence[tuple[int, datetime]]:
    """Return (region's id, hour) of the hours between two moments that maintenance touches."""
    start = first.replace(minute=0, second=0, microsecond=0)
    return [
        (one.id, hour)
        for one in regions
        if one.works
        for hour in (start + n * HOUR for n in range(int((last - start) / HOUR) + 1))
        if one.is_at_work(hour) or one.is_at_work(hour + HOUR - timedelta(seconds=1))
    ]


def day_start(one: Watched) -> datetime:
    """Return the instant at which the region's newest day begins."""
    return day_bounds(one.day, one.region.zone)[0]
