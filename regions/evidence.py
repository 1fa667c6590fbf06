"""What the last tries to collect prove: of a region's link, and of our own collector. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from regions.models import FailureKind

# A collector that missed this many turns says nothing any more.
MISSED_TURNS = 3
# Beat and the queue jitter: short rhythms are not judged by the second.
SHORTEST_SILENCE = timedelta(minutes=2)
# A collection that fails so did not reach the region.
UNREACHED = frozenset(
    {FailureKind.NO_PATH, FailureKind.LINK, FailureKind.HOST_KEY, FailureKind.TIMEOUT}
)
# It failed before anything was sent to the region.
NO_EVIDENCE = frozenset({FailureKind.CENTER, FailureKind.CONFIGURATION})


class Attempt(NamedTuple):
    """The last try to collect. `failure` is empty when it succeeded."""

    at: datetime | None = None
    failure: str = ""
    failing_since: datetime | None = None
    sentence: str = ""
    next_due_at: datetime | None = None

    def is_recent(self, now: datetime, every: timedelta) -> bool:
        """Whether the collector is alive here: the next turn, often put off, is not missed."""
        if self.at is None:
            return False
        due_at = self.next_due_at or self.at
        return now - self.at <= silent_after(every) or now - due_at <= SHORTEST_SILENCE

    def speaks(self, now: datetime, every: timedelta) -> bool:
        """Whether the try tells of the link."""
        return self.failure not in NO_EVIDENCE and self.is_recent(now, every)


def silent_after(every: timedelta) -> timedelta:
    """Return the age at which the last attempt stops being evidence."""
    return max(every * MISSED_TURNS, SHORTEST_SILENCE)


def collector_silent_since(
    tries: Iterable[tuple[Attempt, timedelta]], now: datetime
) -> datetime | None:
    """Return when any region was tried last, if each has missed its turns; None if one has not.

    `tries` are of the regions with a way in, with the time between their collections. Where none
    was ever tried there is no such moment either.
    """
    kept = list(tries)
    if any(attempt.is_recent(now, every) for attempt, every in kept):
        return None
    return max((attempt.at for attempt, _every in kept if attempt.at), default=None)
