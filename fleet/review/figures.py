"""Numbers, shares and lengths of time as people read them, in the active language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, get_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

Words = TypeVar("Words")
NOTHING = "—"
LONGEST_TEXT = 48
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# The marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9).
_MARKS_OF_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TURNS = str.maketrans(dict.fromkeys(_MARKS_OF_DIRECTION, "\N{REPLACEMENT CHARACTER}"))


def kept_by_language(make: Callable[[], Words]) -> Callable[[], Words]:
    """Make words once for each language: a page that looks up hundreds takes as long as a query."""
    of_language = cache(lambda _language: make())
    return lambda: of_language(get_language())


@dataclass(frozen=True, slots=True)
class Figures:
    """The words and marks of one language, looked up once: a page prints thousands of figures."""

    decimal: str
    thousands: str
    per_cent: str
    under_a_minute: str
    minutes: str
    hours: str
    days: str
    seconds: str
    date_time: str

    @staticmethod
    @kept_by_language
    def of_active_language() -> Figures:
        return Figures(
            decimal=get_format("DECIMAL_SEPARATOR"),
            thousands=get_format("THOUSAND_SEPARATOR"),
            per_cent=_("%(n)s%%"),
            under_a_minute=_("<1 min"),
            minutes=_("%(n)s min"),
            hours=_("%(n)s h"),
            days=_("%(n)s d"),
            seconds=_("%(n)s s"),
            date_time=pgettext("format of a date and time, see Django's date filter", "j E, H:i"),
        )

    def count(self, n: int) -> str:
        return f"{n:,}".replace(",", self.thousands)

    def percent(self, share: float | None, digits: int = 1) -> str:
        """Return “4.2%”, or a dash where there is no share. Only nothing is 0%, only all 100%."""
        if share is None:
            return NOTHING
        text = f"{share * 100:.{digits}f}" if 0 < share < 1 else f"{share * 100:.0f}"
        if share > 0 and text == "0.0":
            text = "<0.1"
        elif share < 1 and text == "100.0":
            text = ">99.9"
        return self.per_cent % {"n": text.replace(".", self.decimal)}

    def latency(self, seconds: float | None) -> str:
        """Return “4.2 s”, “42 s” or “3.4 min”; a dash where nothing was measured."""
        if seconds is None:
            return NOTHING
        form, value = (self.seconds, seconds) if seconds < 120 else (self.minutes, seconds / 60)
        text = f"{value:.2g}" if value < 10 else f"{value:.0f}"
        return form % {"n": text.replace(".", self.decimal)}

    def age(self, length: timedelta) -> str:
        """Return “12 min”, “26 h” or “3 d”, rounded down."""
        if length < MINUTE:
            return self.under_a_minute
        if length < 90 * MINUTE:
            return self.minutes % {"n": length // MINUTE}
        if length < 2 * DAY:
            return self.hours % {"n": length // HOUR}
        return self.days % {"n": length // DAY}

    def clock(self, moment: datetime, zone: ZoneInfo, today: date) -> str:
        """Return the region's wall time, with the date unless it is `today`."""
        local = moment.astimezone(zone)
        if local.date() == today:
            return f"{local.hour:02}:{local.minute:02}"
        return date_format(local, self.date_time)


def day_name(day: date) -> str:
    """Return a short date: “9 March”."""
    return date_format(day, pgettext("format of a date, see Django's date filter", "j E"))


def short_day_name(day: date) -> str:
    """Return a date for narrow places: “9 Mar”."""
    return date_format(day, pgettext("format of a short date, see Django's date filter", "j M"))


def plain(text: str) -> str:
    """Return a region's text without marks of direction, which would turn our own words round."""
    return text.translate(_TURNS)


def cut(text: str) -> str:
    """Return a region's own word, short enough for a cell."""
    one_line = " ".join(plain(text[: 4 * LONGEST_TEXT]).split())
    return one_line if len(one_line) <= LONGEST_TEXT else f"{one_line[:LONGEST_TEXT]}…"
