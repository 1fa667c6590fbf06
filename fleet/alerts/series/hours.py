"""Forty-eight hours of the number that an alert is about, for what shows within hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from fleet.alerts.kinds.kind import Measure
from fleet.alerts.models import Finding
from fleet.alerts.series.series import Series, Value, share
from regions.models import HourlyRollup, RegionStatus

N_HOURS = 48
N_WEEKS = 8
FEWEST_WEEKS = 3
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
_Of = dict[datetime, Value]


def hourly(finding: Finding, until: datetime) -> Series | None:
    """Return the hours up to the one that holds `until`; None for kinds that days tell better."""
    read = _READ.get(finding.kind)
    if read is None:
        return None
    last = until.replace(minute=0, second=0, microsecond=0)
    series = read(finding, [last - age * HOUR for age in reversed(range(N_HOURS))])
    return series if series.is_known else None


def _failed(finding: Finding, hours: list[datetime]) -> Series:
    rows = _rows(finding, hours[0], hours[-1])
    counts = rows.values_list("hour", "n_failed", F("n_expected") - F("n_pending"))
    known: _Of = {hour: share(failed, settled) for hour, failed, settled in counts}
    return Series(
        _("Share of answers that failed"),
        Measure.SHARE,
        tuple(hours),
        tuple(map(known.get, hours)),
        finding.limit,
        (finding.usual_low,) * N_HOURS if finding.usual_low is not None else (),
        (finding.usual_high,) * N_HOURS if finding.usual_high is not None else (),
    )


def _received(finding: Finding, hours: list[datetime]) -> Series:
    """The usual range is the lowest and the highest of the same hours in the weeks before."""
    rows = _rows(finding, hours[0] - N_WEEKS * WEEK, hours[-1])
    received: _Of = dict(rows.values_list("hour", "n_received"))
    # An hour without a study has no row; the collected hours end with the last one.
    first, last = min(received, default=hours[-1]), max(received, default=hours[0])
    status = RegionStatus.objects.filter(region=finding.region_id)
    known = status.values_list("last_success_at", flat=True).first() or last

    def at(hour: datetime) -> Value:
        return received.get(hour, 0) if first <= hour <= max(known, last) else None

    weeks = [[at(hour - n * WEEK) for n in range(1, N_WEEKS + 1)] for hour in hours]
    usual = [[n for n in before if n is not None] for before in weeks]
    return Series(
        _("Studies received"),
        Measure.COUNT,
        tuple(hours),
        tuple(map(at, hours)),
        low=tuple(min(n) if len(n) >= FEWEST_WEEKS else None for n in usual),
        high=tuple(max(n) if len(n) >= FEWEST_WEEKS else None for n in usual),
    )


_READ: dict[str, Callable[[Finding, list[datetime]], Series]] = {
    "errors_up": _failed,
    "region_silent": _received,
}


def _rows(
    finding: Finding, first: datetime, last: datetime
) -> QuerySet[HourlyRollup, HourlyRollup]:
    return HourlyRollup.objects.filter(region=finding.region_id, hour__gte=first, hour__lte=last)
