"""Dates in addresses: which may be asked for, and the sentence for those that may not."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fleet.review.zones import known_zones
from regions.localday import local_day

FIRST_DAY = date(2000, 1, 1)
# In SQL, as in known.py.
_ZONES = "SELECT DISTINCT time_zone FROM regions_region WHERE is_active"


class NoSuchDay(ValueError):
    """The sentence says why the date cannot be shown."""


def requested_day(text: str, now: datetime) -> tuple[date, date]:
    """Return the date written as 2026-03-10, and the last one that may be asked for.

    Raises NoSuchDay with a sentence when it is no date, too early, or has begun nowhere.
    """
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay(_("That is not a date. Write it as 2026-03-10.")) from None
    if day < FIRST_DAY:
        raise NoSuchDay(_("Fleet keeps no days before the year 2000."))
    last = latest_day(now)
    if day > last:
        raise NoSuchDay(_("That day has not begun in any region yet."))
    return day, last


def today(now: datetime) -> date:
    """Return the date where the center's people are."""
    return timezone.localdate(now, settings.FLEET_TIME_ZONE)


def latest_day(now: datetime) -> date:
    """Return the last date that has begun for the reader or in any region."""
    with connection.cursor() as cursor:
        cursor.execute(_ZONES)
        names = [name for (name,) in cursor.fetchall()]
    return max([today(now), *(local_day(now, zone) for zone in known_zones(names).values())])
