"""On which days a region does not work: its weekdays, its country's holidays, its exceptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils.translation import get_language

from regions.calendars import special_days
from regions.models import Region

ONE_DAY = timedelta(days=1)
# In SQL: every page of the review asks this, and Django takes longer to word it than to ask it.
_EXCEPTIONS = """
SELECT region_id, day, is_off, reason FROM regions_calendarexception
WHERE region_id = ANY (%s::bigint[]) ORDER BY day"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rhythm of one region. An exception outdoes the country, and the country the weekdays.

    `exceptions` are (day, is_off, reason). Without a country there are no holidays.
    """

    open_weekdays: str
    country: str = ""
    exceptions: tuple[tuple[date, bool, str], ...] = ()

    def is_off(self, day: date) -> bool:
        """Return whether the region does not work on its local day."""
        for then, is_off, _reason in self.exceptions:
            if then == day:
                return is_off
        if self.country:
            special = special_days(self.country, day.year).get(day)
            if special:
                return special.is_off
        return str(day.isoweekday()) not in self.open_weekdays

    def is_holiday(self, day: date) -> bool:
        """Return whether the region is off on a weekday on which it works else."""
        return str(day.isoweekday()) in self.open_weekdays and self.is_off(day)

    def keeps_its_weekday(self, day: date) -> bool:
        """Return whether the day is neither a holiday nor a working day in the place of one."""
        return self.is_off(day) == (str(day.isoweekday()) not in self.open_weekdays)

    def is_unlike_its_weekday(self, day: date) -> bool:
        """Return whether nothing follows of the day's volume from others with the same weekday.

        So are also the first working days after holidays, which get what was left over.
        """
        if self.is_off(day) or not self.keeps_its_weekday(day):
            return not self.keeps_its_weekday(day)
        before = day - ONE_DAY
        while self.is_off(before) and day - before < timedelta(weeks=3):
            if self.is_holiday(before):
                return True
            before -= ONE_DAY
        return False

    def name(self, day: date) -> str:
        """Return why a day off is one, in the active language; "" for a plain weekday off."""
        for then, _is_off, reason in self.exceptions:
            if then == day:
                return reason
        if not self.country:
            return ""
        language = (get_language() or "").split("-")[0]
        special = special_days(self.country, day.year, language).get(day)
        return special.name if special else ""


def calendars(regions: Iterable[Region]) -> dict[int, Calendar]:
    """Return the calendars of regions by the region's id, in one query."""
    kept = list(regions)
    exceptions = exceptions_of([region.pk for region in kept])
    return {
        region.pk: Calendar(region.open_weekdays, region.country, exceptions.get(region.pk, ()))
        for region in kept
    }


def exceptions_of(region_ids: Iterable[int]) -> dict[int, tuple[tuple[date, bool, str], ...]]:
    """Return the exceptions of regions as calendars hold them, in one query."""
    found: dict[int, tuple[tuple[date, bool, str], ...]] = defaultdict(tuple)
    with connection.cursor() as cursor:
        # As text: psycopg takes long over a list.
        cursor.execute(_EXCEPTIONS, ["{" + ",".join(map(str, region_ids)) + "}"])
        for region, day, is_off, reason in cursor.fetchall():
            found[region] += ((day, is_off, reason),)
    return dict(found)
