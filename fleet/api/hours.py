"""One region's hours between two moments: known numbers, known zeros and nulls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _

from fleet.api.access import ApiError
from fleet.review.numbers import NUMBERS, Numbers, known_numbers
from regions.freshness import Freshness, freshness
from regions.localday import HOUR, day_bounds, day_hours, local_day
from regions.models import HourlyRollup, Region

LONGEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours by the moment at which they begin; `freshness` is that of the present moment."""

    known_as_of: datetime | None
    freshness: Freshness
    hours: list[tuple[datetime, Numbers | None]]


def window(region: Region, first: str, last: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds that `from` and `to` name; without them, the region's running day.

    A date means the region's local day, `to` included; a moment means itself, `to` excluded.
    Raises ApiError(400) for anything else, and for more than 92 days.
    """
    today = local_day(now, region.zone).isoformat()
    start = _bound(region, first or today, "from", is_end=False)
    end = _bound(region, last or today, "to", is_end=True)
    if end <= start:
        raise ApiError(400, _("“to” must be later than “from”."))
    if end - start > LONGEST + HOUR:
        raise ApiError(400, _("Ask for 92 days at most."))
    return start, end


def hours(region: Region, start: datetime, end: datetime, now: datetime) -> Hours:
    """Return the numbers of every hour that begins within [start, end)."""
    status = getattr(region, "status", None)
    known_as_of = status.last_success_at if status else None
    rollups = HourlyRollup.objects.filter(region=region)
    kept = rollups.aggregate(first=Min("hour"))["first"]
    rows = rollups.filter(hour__gte=start, hour__lt=end).values("hour", *NUMBERS)
    by_hour = {row["hour"]: row for row in rows}
    return Hours(
        known_as_of,
        freshness(known_as_of, now, region.late_after, region.stale_after, is_closed=False),
        [
            (
                hour,
                known_numbers(
                    by_hour.get(hour),
                    known_as_of,
                    hour,
                    was_collected=kept is not None and kept <= hour,
                ),
            )
            for hour in _beginnings(region, start, end)
        ],
    )


def _beginnings(region: Region, start: datetime, end: datetime) -> list[datetime]:
    """Return when the region's own hours begin: not at the full hour of UTC everywhere."""
    first, last = local_day(start, region.zone), local_day(end, region.zone)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [hour for day in days for hour in day_hours(day, region.zone) if start <= hour < end]


def _bound(region: Region, text: str, name: str, *, is_end: bool) -> datetime:
    try:
        if len(text) == len("2026-03-10"):
            return day_bounds(date.fromisoformat(text), region.zone)[is_end]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ApiError(
            400,
            _("“%(name)s”: write a date (2026-03-10) or a moment (2026-03-10T05:00:00Z).")
            % {"name": name},
        )
    return moment.astimezone(UTC)
