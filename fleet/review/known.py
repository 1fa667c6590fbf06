"""What the center knows of some regions for one date, in four queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from fleet.review.links import PathState
from fleet.review.numbers import NUMBERS, Numbers
from regions.daysoff import Calendar, exceptions_of
from regions.evidence import Attempt
from regions.models import AccessPath, DailyRollup, Region

_REGION = (
    "pk",
    "code",
    "name",
    "time_zone",
    "level",
    "collect_every",
    "late_after",
    "stale_after",
)
_RHYTHM = ("open_weekdays", "country")
_AT_RHYTHM = slice(len(_REGION), len(_REGION) + len(_RHYTHM))
_MOMENTS = ("last_attempt_at", "failing_since", "next_due_at", "last_success_at")
_TUNNEL = ("tunnel__state", "tunnel__since", "tunnel__seen_at", "tunnel__sentence")


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
    paths = _paths(ids)
    rollups = DailyRollup.objects.filter(day=day, region__in=ids)
    numbers = {region: Numbers(*row) for region, *row in rollups.values_list("region_id", *NUMBERS)}
    exceptions = exceptions_of(ids)
    # Many regions keep the same calendar.
    calendar = cache(Calendar)
    return [
        _known(row, calendar(*row[_AT_RHYTHM], exceptions.get(row[0], ())), paths, numbers)
        for row in _rows(regions)
    ]


def _known(
    row: tuple[Any, ...],
    calendar: Calendar,
    paths: Mapping[int, list[PathState]],
    numbers: Mapping[int, Numbers],
) -> Known:
    facts = RegionFacts(calendar, *row[: len(_REGION)])
    failure, sentence, n_misdated, first_day, *texts = row[_AT_RHYTHM.stop :]
    at, failing_since, next_due_at, known_as_of = (
        datetime.fromisoformat(text) if text else None for text in texts
    )
    return Known(
        facts,
        tuple(paths.get(facts.pk, ())),
        Attempt(at, failure or "", failing_since, sentence or "", next_due_at),
        known_as_of,
        n_misdated or 0,
        first_day,
        numbers.get(facts.pk),
    )


def _rows(regions: QuerySet[Region]) -> Iterable[tuple[Any, ...]]:
    first = DailyRollup.objects.filter(region=OuterRef("pk")).order_by("day").values("day")[:1]
    rows: Iterable[tuple[Any, ...]] = regions.order_by("code").values_list(
        *_REGION,
        *_RHYTHM,
        "status__failure",
        "status__sentence",
        "status__n_misdated",
        Subquery(first),
        # As text: Django reads moments ten times slower than Python does.
        *(Cast(f"status__{name}", TextField()) for name in _MOMENTS),
    )
    return rows


def _paths(ids: QuerySet[Region, Any]) -> dict[int, list[PathState]]:
    rows = (
        AccessPath.objects.filter(is_enabled=True, region__in=ids)
        .order_by("region_id", "position")
        .values_list("region_id", *_TUNNEL)
    )
    paths: dict[int, list[PathState]] = defaultdict(list)
    for region_id, state, since, seen_at, sentence in rows:
        paths[region_id].append(PathState(state, since, seen_at, sentence or ""))
    return paths
