"""What the center knows of every active region for one date, in three queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from fleet.review.links import Attempt, PathState
from fleet.review.numbers import NUMBERS
from regions.models import AccessPath, DailyRollup, Region, RegionStatus


@dataclass(frozen=True, slots=True)
class Known:
    """One region with its state now, its first collected day, and its rollup of the date.

    Its rows are known as of the start of the last collection that succeeded: one that was cut
    off may have left newer numbers for some of a day's hours, which prove nothing.
    """

    region: Region
    paths: tuple[PathState, ...]
    attempt: Attempt
    known_as_of: datetime | None
    n_misdated: int
    first_day: date | None
    rollup: dict[str, Any] | None


def known(day: date) -> list[Known]:
    """Return what is known of the active regions, by code: an order that never changes."""
    paths = _paths()
    rollups = DailyRollup.objects.filter(day=day).values("region_id", *NUMBERS)
    by_region = {row["region_id"]: row for row in rollups}
    return [_known(region, paths[region.pk], by_region.get(region.pk)) for region in _regions()]


def _known(region: Region, paths: list[PathState], rollup: dict[str, Any] | None) -> Known:
    status: RegionStatus | None = getattr(region, "status", None)
    attempt = Attempt()
    if status is not None:
        attempt = Attempt(
            status.last_attempt_at,
            status.failure,
            status.failing_since,
            status.sentence,
            status.next_due_at,
        )
    return Known(
        region,
        tuple(paths),
        attempt,
        status.last_success_at if status else None,
        status.n_misdated if status else 0,
        region.first_day,  # type: ignore[attr-defined]  # annotated by _regions
        rollup,
    )


def _regions() -> QuerySet[Region]:
    first = DailyRollup.objects.filter(region=OuterRef("pk")).order_by("day").values("day")[:1]
    return (
        Region.objects.filter(is_active=True)
        .select_related("status")
        .defer("database_password", "status__columns_hash", "status__provides")
        .annotate(first_day=Subquery(first))
        .order_by("code")
    )


def _paths() -> dict[int, list[PathState]]:
    rows = (
        AccessPath.objects.filter(is_enabled=True, region__is_active=True)
        .order_by("region_id", "position")
        .values_list(
            "region_id",
            "kind",
            "tunnel__state",
            "tunnel__since",
            "tunnel__seen_at",
            "tunnel__sentence",
        )
    )
    paths: dict[int, list[PathState]] = defaultdict(list)
    for region_id, kind, state, since, seen_at, sentence in rows:
        paths[region_id].append(PathState(kind, state, since, seen_at, sentence or ""))
    return paths
