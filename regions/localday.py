"""The local day of a region: its bounds, its length, and the zones that Fleet can tile."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HOUR = timedelta(hours=1)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the date on the region's calendar at `moment`."""
    return moment.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants, in UTC, at which the local day begins and ends (23 to 25 hours apart).

    Where midnight happens twice the day begins at the first; where it is skipped, at the jump.
    """
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def day_hours(day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which the hours of the local day begin: 23, 24 or 25 of them."""
    start, end = day_bounds(day, zone)
    return [start + n * HOUR for n in range(round((end - start) / HOUR))]


def validate_time_zone(name: str) -> None:
    """Refuse unknown zones, and those whose clocks shift by less than an hour."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write an IANA name such as Europe/Moscow."),
            params={"name": name},
        )
    zone = ZoneInfo(name)
    months = (datetime(2025, month, 1, tzinfo=zone) for month in range(1, 13))
    if len({(moment.utcoffset() or timedelta()) % HOUR for moment in months}) > 1:
        raise ValidationError(
            _("The clocks of %(name)s shift by half an hour: hours would not tile its days."),
            params={"name": name},
        )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
