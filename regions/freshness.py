"""Freshness: how far the numbers of a region can be trusted at a moment. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Freshness(StrEnum):
    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"
    UNKNOWN = "unknown"
    CLOSED = "closed"

    @property
    def counts(self) -> bool:
        """Whether the region's numbers may enter a total."""
        return self in {Freshness.FRESH, Freshness.LATE, Freshness.CLOSED}


def freshness(
    known_as_of: datetime | None,
    due_at: datetime,
    late_after: timedelta,
    stale_after: timedelta,
    *,
    is_closed: bool,
) -> Freshness:
    """Return how fresh data known as of a moment are when they are due at another.

    `due_at` is now for the running local day and the day's end for a finished one: a finished day
    that was collected after its end stays fresh for ever. `is_closed` says that the region does
    not work on that day, which makes missing news no news.
    """
    if known_as_of is None:
        return Freshness.CLOSED if is_closed else Freshness.UNKNOWN
    age = due_at - known_as_of
    if age <= late_after:
        return Freshness.CLOSED if is_closed else Freshness.FRESH
    if is_closed:
        return Freshness.CLOSED
    return Freshness.LATE if age <= stale_after else Freshness.STALE
