"""How fast studies come from a region, and when one will be here."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.queueing import (
    NEEDS_LINE,
    bytes_left,
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


def seconds_left(study: ExportedStudy) -> float | None:
    """Return how long the rest of the transfer takes, without waiting; None where unknown."""
    if study.n_bytes is None:
        return None
    is_moving = study.state == State.FETCHING and study.bytes_per_s
    rate = study.bytes_per_s if is_moving else usual_rate(study.export.region)
    return max(0, study.n_bytes - study.n_bytes_fetched) / rate if rate else None


def fetched_by(study: ExportedStudy, now: datetime) -> datetime | None:
    """Return when the transfer will be over; None where unknown, or nothing is to be fetched.

    What goes before it in its region, the link window and the bytes of a day are counted.
    """
    seconds, policy = seconds_left(study), policy_of(study.export.region)
    if seconds is None or policy is None or study.state not in NEEDS_LINE:
        return None
    if study.state == State.QUEUED:
        seconds += _seconds_before(study, now)
    rate = study.bytes_per_s or usual_rate(study.export.region) or 0
    return _over_at(policy, max(now, study.retry_at or now), seconds, rate)


def _seconds_before(study: ExportedStudy, now: datetime) -> float:
    total = 0.0
    for other in workable(study.export.region, now):
        if other.pk == study.pk:
            break
        if other.state in NEEDS_LINE:
            total += seconds_left(other) or 0
    return total


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
