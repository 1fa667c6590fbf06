"""What the center knows of some regions for one date, in three queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from fleet.review.links import PathState
from fleet.review.numbers import NUMBERS, Numbers
from regions.daysoff import Calendar, exceptions_of
from regions.evidence import Attempt
from regions.models import Region

# In SQL, not in Django's words: to put them together takes as long as to ask. Moments come as text:
# Django reads them ten times slower than Python does.
_REGIONS = """
SELECT r.open_weekdays, r.country, r.id, r.code, r.name, r.time_zone, r.level, r.collect_every,
  r.late_after, r.stale_after,
  coalesce(s.failure, ''), coalesce(s.sentence, ''), coalesce(s.n_misdated, 0),
  (SELECT f.day FROM regions_dailyrollup f WHERE f.region_id = r.id ORDER BY f.day LIMIT 1),
  s.last_attempt_at::text, s.failing_since::text, s.next_due_at::text, s.last_success_at::text,
  d.region_id IS NOT NULL, {numbers}
FROM regions_region r
LEFT JOIN regions_regionstatus s ON s.region_id = r.id
LEFT JOIN regions_dailyrollup d ON d.region_id = r.id AND d.day = %s
WHERE r.id IN ({asked}) ORDER BY r.code"""
_PATHS = """
SELECT p.region_id, t.state, t.since::text, t.seen_at::text, coalesce(t.sentence, '')
FROM regions_accesspath p LEFT JOIN regions_tunnelstate t ON t.path_id = p.id
WHERE p.is_enabled AND p.region_id IN ({asked}) ORDER BY p.region_id, p.position"""


class RegionFacts(NamedTuple):
    """What a page says and judges by: a region without its credentials."""

    calendar: Calendar
    pk: int
    code: str
    name: str
    time_zone: str
    level: int
    collect_every: timedelta
    late_after: timedelta
    stale_after: timedelta

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Span(NamedTuple):
    """The days of a region that are wholly known: from `first_day` up to `before`, without it."""

    region: int
    first_day: date
    before: date


def array_literal(values: Iterable[object]) -> str:
    """Return numbers, dates or moments as PostgreSQL reads an array: psycopg's lists are slow."""
    return "{" + ",".join(map(str, values)) + "}"


class Known(NamedTuple):
    """One region with its state now, its first collected day, and its numbers of the date.

    Its rows are known as of the start of the last collection that succeeded: one that was cut
    off may have left newer numbers for some of a day's hours, which prove nothing.
    """

    region: RegionFacts
    paths: tuple[PathState, ...]
    attempt: Attempt
    known_as_of: datetime | None
    n_misdated: int
    first_day: date | None
    numbers: Numbers | None


def known(day: date, regions: QuerySet[Region]) -> list[Known]:
    """Return what is known of the regions, by code: an order that never changes."""
    ids = regions.order_by().values("pk")
    try:
        asked, which = ids.query.sql_with_params()
    except EmptyResultSet:
        return []
    numbers = ", ".join(f"d.{name}" for name in NUMBERS)
    with connection.cursor() as cursor:
        cursor.execute(_REGIONS.format(numbers=numbers, asked=asked), (day, *which))
        rows = cursor.fetchall()
    paths = _paths(asked, which)
    exceptions = exceptions_of(row[2] for row in rows)
    # Many regions keep the same calendar.
    calendar = cache(Calendar)
    return [
        _known(row, calendar(row[0], row[1], exceptions.get(row[2], ())), paths) for row in rows
    ]


def _known(
    row: tuple[Any, ...], calendar: Calendar, paths: Mapping[int, tuple[PathState, ...]]
) -> Known:
    facts = RegionFacts(calendar, *row[2:10])
    failure, sentence, n_misdated, first_day, *texts = row[10:18]
    at, failing_since, next_due_at, known_as_of = map(_moment, texts)
    return Known(
        facts,
        paths.get(facts.pk, ()),
        Attempt(at, failure, failing_since, sentence, next_due_at),
        known_as_of,
        n_misdated,
        first_day,
        Numbers(*row[19:]) if row[18] else None,
    )


def _paths(asked: str, which: tuple[Any, ...]) -> dict[int, tuple[PathState, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_PATHS.format(asked=asked), which)
        rows = cursor.fetchall()
    paths: dict[int, tuple[PathState, ...]] = {}
    for region_id, state, since, seen_at, sentence in rows:
        path = PathState(state, _moment(since), _moment(seen_at), sentence)
        paths[region_id] = (*paths.get(region_id, ()), path)
    return paths


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
