"""How fast studies come from a region, why one waits, and when it will be here."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from statistics import median

from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.queueing import (
    NEEDS_LINE,
    Reason,
    Waiting,
    bytes_left,
    line_waits,
    policy_of,
    window_closes,
    window_opens,
    workable,
)
from regions.localday import day_bounds, local_day
from regions.models import Region

State = ExportedStudy.State
# So many transfers say how fast a region's line is.
LOOK_BACK = 5
# Who would wait longer than that many windows is told nothing.
MOST_WINDOWS = 400


def usual_rate(region: Region) -> float | None:
    """Return the bytes per second of the region's last transfers; None before the first."""
    rates = (
        ExportedStudy.objects.filter(export__region=region, bytes_per_s__gt=0)
        .order_by("-seen_at")
        .values_list("bytes_per_s", flat=True)[:LOOK_BACK]
    )
    known = [rate for rate in rates if rate is not None]
    return median(known) if known else None


class Forecast:
    """Why a region's studies wait, and when each is here, as things are at `now`.

    The region is read once, however many of its studies are asked about.
    """

    def __init__(self, region: Region, now: datetime) -> None:
        self._region, self._now = region, now

    def waiting(self, study: ExportedStudy) -> Waiting | None:
        """Return why the study does not go on; None while it does, or when a person has to act."""
        if study.state not in {State.REQUESTED, State.QUEUED}:
            return None
        if study.is_paused:
            return Waiting(Reason.PAUSED)
        if study.retry_at and study.retry_at > self._now:
            return Waiting(Reason.RETRY, study.retry_at)
        if study.state == State.REQUESTED:
            return None
        return self._held or self._behind(study)

    def seconds_left(self, study: ExportedStudy) -> float | None:
        """Return how long the rest of the transfer takes, without waiting; None where unknown."""
        if study.n_bytes is None:
            return None
        is_moving = study.state == State.FETCHING and study.bytes_per_s
        rate = study.bytes_per_s if is_moving else self._usual_rate
        return max(0, study.n_bytes - study.n_bytes_fetched) / rate if rate else None

    def fetched_by(self, study: ExportedStudy) -> datetime | None:
        """Return when the transfer is over; None where unknown, or nothing is to be fetched.

        What goes before it in its region, the link window and the bytes of a day are counted.
        """
        seconds = self.seconds_left(study)
        if seconds is None or self._policy is None or study.state not in NEEDS_LINE:
            return None
        if study.state == State.QUEUED:
            seconds += self._seconds_before(study)
        rate = study.bytes_per_s or self._usual_rate or 0
        begins = max(self._now, study.retry_at or self._now)
        return _over_at(self._policy, begins, seconds, rate)

    @cached_property
    def _policy(self) -> ExportPolicy | None:
        return policy_of(self._region)

    @cached_property
    def _held(self) -> Waiting | None:
        return line_waits(self._policy, self._now)

    @cached_property
    def _usual_rate(self) -> float | None:
        return usual_rate(self._region)

    @cached_property
    def _queue(self) -> list[ExportedStudy]:
        return list(workable(self._region, self._now))

    def _behind(self, study: ExportedStudy) -> Waiting | None:
        first = next((other for other in self._queue if other.pk != study.pk), None)
        if first and (first.export.priority, first.state == State.QUEUED, first.pk) < (
            study.export.priority,
            True,
            study.pk,
        ):
            return Waiting(Reason.TURN)
        return None

    def _seconds_before(self, study: ExportedStudy) -> float:
        before = takewhile(lambda other: other.pk != study.pk, self._queue)
        return sum(self.seconds_left(other) or 0 for other in before if other.state in NEEDS_LINE)


def _over_at(
    policy: ExportPolicy, moment: datetime, seconds: float, rate: float
) -> datetime | None:
    """Return when so many seconds of transfer are over, while the line is ours."""
    for _ in range(MOST_WINDOWS):
        moment = window_opens(policy, moment) or moment
        closes, day_ends = window_closes(policy, moment), _day_ends(policy, moment)
        until = min((end for end in (closes, day_ends) if end), default=None)
        takes = (until - moment).total_seconds() if until else seconds
        left = bytes_left(policy, moment)
        if left is not None and rate and max(0, left) / rate < takes:
            takes, until = max(0, left) / rate, day_ends
        if seconds <= takes or until is None:
            return moment + timedelta(seconds=seconds)
        seconds -= takes
        moment = until
    return None


def _day_ends(policy: ExportPolicy, moment: datetime) -> datetime | None:
    """Return when another budget begins; None without one."""
    if policy.bytes_per_day is None:
        return None
    zone = policy.region.zone
    return day_bounds(local_day(moment, zone), zone)[1]
