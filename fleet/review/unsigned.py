"""Finished local days that nobody signed, and signed ones that late data changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef

from fleet.review.changes import change
from fleet.review.day import ReviewDay
from fleet.review.figures import Figures
from fleet.review.known import RegionFacts
from fleet.review.models import SignOff
from fleet.review.numbers import NUMBERS, Numbers
from regions.daysoff import Calendar
from regions.localday import local_day
from regions.models import DailyRollup

LOOK_BACK_DAYS = 14
ONE_DAY = timedelta(days=1)
# In SQL, as in known.py.
_STANDING_DAYS = """
SELECT region_id, array_agg(day) FROM review_signoff
WHERE undone_at IS NULL AND day >= %s GROUP BY region_id"""


@dataclass(frozen=True, slots=True)
class UnsignedDay:
    code: str
    name: str
    day: date


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day with a sign-off that no longer counts; `changed` says why, as “+34 studies”."""

    code: str
    name: str
    day: date
    by: str
    at: datetime
    changed: str


@dataclass(frozen=True, slots=True)
class Unsigned:
    """The finished days before the reviewed one without a standing sign-off, by region."""

    days: list[tuple[RegionFacts, Sequence[date]]]

    @property
    def n_days(self) -> int:
        """How many there are, each region's day for itself."""
        return sum(len(days) for _region, days in self.days)

    def latest(self, most: int | None = None) -> list[UnsignedDay]:
        """Return them, or the `most` latest, the latest first and by name."""
        by_name = sorted(self.days, key=lambda one: one[0].name)
        found = (
            UnsignedDay(region.code, region.name, day)
            for day in sorted(set().union(*(days for _region, days in by_name)), reverse=True)
            for region, days in by_name
            if day in days
        )
        return list(islice(found, most))


def unsigned_days(review: ReviewDay) -> Unsigned:
    """Return what waits for a sign-off.

    Of each reviewed region: its last LOOK_BACK_DAYS finished local days on which it worked, none
    before its first collected one. One query.
    """
    signed = _standing_days(review.now.date() - (LOOK_BACK_DAYS + 2) * ONE_DAY)
    found: list[tuple[RegionFacts, Sequence[date]]] = []
    # Many regions share the clock and the calendar.
    days_of = cache(lambda zone, calendar: _finished_days(review, ZoneInfo(zone), calendar))
    for row in review.rows:
        if row.n_days_known is None:
            continue
        days = days_of(row.region.time_zone, row.region.calendar)
        first = review.day - (row.n_days_known - 1) * ONE_DAY
        done = signed.get(row.region.pk, ())
        if done or (days and days[-1] < first):
            days = [day for day in days if day >= first and day not in done]
        found.append((row.region, days))
    return Unsigned(found)


def changed_days(review: ReviewDay) -> list[ChangedDay]:
    """Return the days that differ from what was signed, latest first.

    Of each reviewed region: from LOOK_BACK_DAYS before the reviewed day to that day. Two queries.
    """
    regions = {row.region.pk: row.region for row in review.rows}
    suspects = _signed_otherwise(review, regions)
    rollups = {
        (row["region_id"], row["day"]): Numbers.of(row)
        for row in DailyRollup.objects.filter(
            region_id__in={one.region_id for one in suspects},
            day__in={one.day for one in suspects},
        ).values("region_id", "day", *NUMBERS)
    }
    figures = Figures.of_active_language()
    found = []
    for one in suspects:
        # The rollup of a day whose every study was taken back is gone, and the day is empty.
        gone = None if one.n_received is None else Numbers()
        if changed := change(one, rollups.get((one.region_id, one.day), gone), figures):
            region, by, at = regions[one.region_id], one.signed_by_name, one.signed_at
            found.append(ChangedDay(region.code, region.name, one.day, by, at, changed))
    return found


def _standing_days(since: date) -> dict[int, set[date]]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING_DAYS, [since])
        return {region_id: set(days) for region_id, days in cursor.fetchall()}


def _finished_days(review: ReviewDay, zone: ZoneInfo, calendar: Calendar) -> list[date]:
    """Return the last days before the reviewed one, the latest first."""
    today = local_day(review.now, zone)
    days = [today - n * ONE_DAY for n in range(1, LOOK_BACK_DAYS + 1)]
    return [day for day in days if day < review.day and not calendar.is_off(day)]


def _signed_otherwise(review: ReviewDay, region_ids: Iterable[int]) -> list[SignOff]:
    """Return the standing sign-offs whose rollup is not the one that was signed."""
    same = DailyRollup.objects.filter(
        day=OuterRef("day"), region_id=OuterRef("region_id"), fingerprint=OuterRef("fingerprint")
    )
    standing = SignOff.objects.filter(
        ~Exists(same),
        undone_at=None,
        region_id__in=list(region_ids),
        day__range=(review.day - LOOK_BACK_DAYS * ONE_DAY, review.day),
    )
    return list(standing.order_by("-day", "region__name"))
