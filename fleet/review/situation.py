"""What is known of one region on one local day, and what may be said of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from fleet.review.ladder import place
from fleet.review.links import Link
from fleet.review.numbers import Numbers
from fleet.review.standing_alerts import StandingAlert
from fleet.review.usual import Usual
from regions.freshness import Freshness

# A failure of today is news for yesterday's page, not for last month's.
STILL_NEWS = timedelta(days=1)


class Level(StrEnum):
    FAILING = "failing"
    LOOK = "look"
    STALE = "stale"
    UNKNOWN = "unknown"
    CARRIED = "carried"
    FINE = "fine"
    CLOSED = "closed"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a region needs a look. The smaller the rank, the higher on the ladder it stands.

    `detail` is text that a region or the collector wrote; show it as text, never as markup.
    """

    code: str
    level: Level
    rank: int
    sentence: str
    number: float | None = None
    limit: float | None = None
    detail: str = ""

    @property
    def place(self) -> str:
        """Why a row of which this is the first reason stands where it stands."""
        return place(self.rank)


class Situation(NamedTuple):
    """All that the rules may ask of one region and its local day."""

    day: date
    now: datetime
    starts_at: datetime
    ends_at: datetime
    is_closed: bool
    freshness: Freshness
    known_as_of: datetime | None
    late_after: timedelta
    stale_after: timedelta
    link: Link
    failure: str
    failing_since: datetime | None
    failure_sentence: str
    numbers: Numbers | None
    n_misdated: int
    n_days_known: int | None
    usual: Usual | None
    top_rejection: tuple[str, int] | None
    n_lost_together: int
    alerts: tuple[StandingAlert, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.now >= self.ends_at

    @property
    def is_news(self) -> bool:
        """Whether what is wrong now bears on this day."""
        return self.now - self.ends_at < STILL_NEWS

    @property
    def age(self) -> timedelta | None:
        """How far the data fall short of now, or of the day's end once it is over."""
        if self.known_as_of is None:
            return None
        return max(min(self.now, self.ends_at) - self.known_as_of, timedelta())
