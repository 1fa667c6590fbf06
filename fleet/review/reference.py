"""The days that a region's day is compared with: its own last ones of the same kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.day import RegionDay
from fleet.review.known import Known
from regions.localday import day_bounds
from regions.models import DailyRollup

N_DAYS = 28
# Four weeks of a region that works one day a week would be half a year old.
LONGEST_WINDOW = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Reference:
    """Days that are over, were collected after their end and have a profile; oldest first.

    They are days on which the region works, or all days on which it does not.
    """

    days: tuple[date, ...]
    is_working: bool

    @property
    def text(self) -> str:
        """The window and the number of days in words."""
        n = len(self.days)
        if not n:
            return _("There is no reference yet: no earlier day of this kind has a profile.")
        form = pgettext("format of a date, see Django's date filter", "j E")
        words = {
            "n": n,
            "first": date_format(self.days[0], form),
            "last": date_format(self.days[-1], form),
        }
        if self.is_working:
            return (
                ngettext(
                    "Reference: %(n)s working day, from %(first)s to %(last)s.",
                    "Reference: %(n)s working days, from %(first)s to %(last)s.",
                    n,
                )
                % words
            )
        return (
            ngettext(
                "Reference: %(n)s day off, from %(first)s to %(last)s.",
                "Reference: %(n)s days off, from %(first)s to %(last)s.",
                n,
            )
            % words
        )


def reference_of(row: RegionDay | Known, day: date) -> Reference:
    """Return the reference of the region's day, in one query."""
    calendar = row.region.calendar
    is_off = calendar.is_off(day)
    found = DailyRollup.objects.filter(
        region=row.region.pk, day__lt=day, day__gte=day - LONGEST_WINDOW, profile_at__isnull=False
    )
    days = [
        then
        for then in found.order_by("-day").values_list("day", flat=True)
        if calendar.is_off(then) == is_off and _is_over(row, then)
    ]
    return Reference(tuple(reversed(days[:N_DAYS])), is_working=not is_off)


def _is_over(row: RegionDay | Known, day: date) -> bool:
    ends_at = day_bounds(day, row.region.zone)[1]
    return row.known_as_of is not None and row.known_as_of >= ends_at
