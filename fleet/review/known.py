"""What the center knows of some regions for one date, in three queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, QuerySet, Subquery

from fleet.review.links import Attempt, PathState
from fleet.review.numbers import NUMBERS
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
    "open_weekdays",
)
_ATTEMPT = (
    "status__last_attempt_at",
    "status__failure",
    "status__failing_since",
    "status__sentence",
    "status__next_due_at",
)
_TUNNEL = ("tunnel__state", "tunnel__since", "tunnel__seen_at", "tunnel__sentence")


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """What a page says and judges by: a region without its credentials."""

    pk: int
    code: str
    name: str
    time_zone: str
    level: int
    collect_every: timedelta
    late_after: timedelta
    stale_after: timedelta
    open_weekdays: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a region that are wholly known: from `first_day` up to `before`, without it."""

    region: int
    first_day: date
    before: date


@dataclass(frozen=True, slots=True)
class Known:
    """One region with its state now, its first collected day, and its rollup of the date.

    Its rows are known as of the start of the last collection that succeeded: one that was cut
    off may have left newer numbers for some of a day's hours, which prove nothing.
    """

    region: RegionFacts
    paths: tuple[PathState, ...]
    attempt: Attempt
    known_as_of: datetime | None
    n_misdated: int
    first_day: date | None
    rollup: dict[str, Any] | None


def known(day: date, regions: QuerySet[Region]) -> list[Known]:
    """Return what is known of the regions, by code: an order that never changes."""
    rows = list(_rows(regions))
    ids = [row["pk"] for row in rows]
    paths = _paths(ids)
    rollups = DailyRollup.objects.filter(day=day, region__in=ids).values("region_id", *NUMBERS)
    by_region = {row["region_id"]: row for row in rollups}
    return [_known(row, paths[row["pk"]], by_region.get(row["pk"])) for row in rows]


def _known(row: dict[str, Any], paths: list[PathState], rollup: dict[str, Any] | None) -> Known:
    at, failure, failing_since, sentence, next_due_at = (row[name] for name in _ATTEMPT)
    return Known(
        RegionFacts(*[row[name] for name in _REGION]),
        tuple(paths),
        Attempt(at, failure or "", failing_since, sentence or "", next_due_at),
        row["known_as_of"],
        row["n_misdated"] or 0,
        row["first_day"],
        rollup,
    )


def _rows(regions: QuerySet[Region]) -> Iterable[dict[str, Any]]:
    first = DailyRollup.objects.filter(region=OuterRef("pk")).order_by("day").values("day")[:1]
    rows: Iterable[dict[str, Any]] = regions.order_by("code").values(
        *_REGION,
        *_ATTEMPT,
        known_as_of=F("status__last_success_at"),
        n_misdated=F("status__n_misdated"),
        first_day=Subquery(first),
    )
    return rows


def _paths(ids: list[int]) -> dict[int, list[PathState]]:
    rows = (
        AccessPath.objects.filter(is_enabled=True, region__in=ids)
        .order_by("region_id", "position")
        .values_list("region_id", *_TUNNEL)
    )
    paths: dict[int, list[PathState]] = defaultdict(list)
    for region_id, state, since, seen_at, sentence in rows:
        paths[region_id].append(PathState(state, since, seen_at, sentence or ""))
    return paths
