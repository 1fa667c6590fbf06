"""The hours of a region's local day, beside the same hours of the same weekday before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from fleet.review.day import RegionDay
from fleet.review.numbers import NUMBERS, Numbers, known_numbers
from fleet.review.usual import FEWEST_DAYS, N_WEEKS
from regions.localday import day_bounds, day_hours
from regions.models import HourlyRollup

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Band:
    """Studies received in this hour of earlier days: their median and the lowest and highest."""

    median: float
    low: int
    high: int
    n_days: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the region's clock. `numbers` is None where nobody knows; waits in seconds."""

    starts_at: datetime
    label: str
    numbers: Numbers | None
    wait_p50_s: float | None
    wait_p95_s: float | None
    usual: Band | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class DayHours:
    """23 to 25 hours, and the days that they are compared with, oldest first."""

    hours: tuple[Hour, ...]
    usual_days: tuple[date, ...]


def hours_of(row: RegionDay, day: date) -> DayHours | None:
    """Return the hours of the region's day, in one query; None where none is known or kept."""
    calendar = row.region.calendar
    weeks = (day - timedelta(weeks=n) for n in range(1, N_WEEKS + 1))
    before = [
        then
        for then in weeks
        if calendar.is_off(then) == calendar.is_off(day)
        if not calendar.is_unlike_its_weekday(then)
    ]
    rows = HourlyRollup.objects.filter(region=row.region.pk, day__in=[day, *before])
    by_day: dict[date, dict[datetime, dict[str, Any]]] = {}
    for found in rows.values("day", "hour", *NUMBERS, "wait_p50_s", "wait_p95_s"):
        by_day.setdefault(found["day"], {})[found["hour"]] = found
    shown = by_day.pop(day, {})
    if not shown and (row.numbers is None or row.numbers.n_received):
        return None
    zone = row.region.zone
    usual = {
        then: _by_clock(then, hours, zone)
        for then, hours in by_day.items()
        if row.known_as_of is not None and row.known_as_of >= day_bounds(then, zone)[1]
    }
    starts = day_hours(day, zone)
    labels = hour_labels(starts, zone)
    return DayHours(
        tuple(_hour(row, start, labels[start], shown.get(start), usual) for start in starts),
        tuple(sorted(usual)),
    )


def hour_labels(starts: list[datetime], zone: ZoneInfo) -> dict[datetime, str]:
    """Return the region's wall time of each; an hour that happens twice bears its zone's name."""
    local = {start: start.astimezone(zone) for start in starts}
    seen = Counter(f"{moment:%H:%M}" for moment in local.values())
    return {
        start: f"{moment:%H:%M}" if seen[f"{moment:%H:%M}"] == 1 else f"{moment:%H:%M %Z}"
        for start, moment in local.items()
    }


def _hour(
    row: RegionDay,
    start: datetime,
    label: str,
    found: dict[str, Any] | None,
    usual: dict[date, dict[time, int]],
) -> Hour:
    clock = start.astimezone(row.region.zone).time()
    before = [counts[clock] for counts in usual.values() if clock in counts]
    return Hour(
        starts_at=start,
        label=label,
        numbers=known_numbers(found, row.known_as_of, start, was_collected=row.numbers is not None),
        wait_p50_s=found["wait_p50_s"] if found else None,
        wait_p95_s=found["wait_p95_s"] if found else None,
        usual=Band(median(before), min(before), max(before), len(before))
        if len(before) >= FEWEST_DAYS
        else None,
        is_whole=row.known_as_of is not None and row.known_as_of >= start + HOUR,
    )


def _by_clock(day: date, found: dict[datetime, dict[str, Any]], zone: ZoneInfo) -> dict[time, int]:
    """Return studies by wall time; of an hour that happened twice, those of the first.

    An hour without a row had none: only days of which something was collected come here.
    """
    counts: dict[time, int] = {}
    for start in day_hours(day, zone):
        row = found.get(start)
        counts.setdefault(start.astimezone(zone).time(), row["n_received"] if row else 0)
    return counts
