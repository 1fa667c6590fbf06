"""Count the days on which an alert's family was not found any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import clear
from fleet.alerts.models import Alert, Finding
from fleet.alerts.models_evaluation import Evaluation
from regions.models import DailyRollup

# A day without studies tells nothing of answers.
_NEED_ANSWERS = frozenset({Family.ERRORS, Family.LATENCY, Family.INPUTS, Family.OUTPUTS})
_NEED_ANSWERS |= {Family.PEERS, Family.VERSION}
# Nor does a day off of their number.
_NEED_WORK = frozenset({Family.VOLUME})

Rules = Evaluation.Rules
# What is judged once the day is over, and once it is over in the whole fleet.
_JUDGED_LATE = {
    Family.VOLUME: {Rules.DAY},
    Family.PEERS: {Rules.DAY},
    Family.INPUTS: {Rules.DAY, Rules.DISTRIBUTIONS},
    Family.OUTPUTS: {Rules.DAY, Rules.DISTRIBUTIONS},
}


def clear_closed_days(regions: Sequence[Watched], now: datetime) -> int:
    """Say of each region's last closed day which standing alerts had no finding on it.

    The day counts once it was collected after its end, and judged. Three queries when there
    is nothing to say. Return how many alerts had such a day.
    """
    days = {one.id: one.day - timedelta(days=1) for one in regions if one.known_as_of}
    standing = [
        alert
        for alert in Alert.objects.filter(resolved_at=None, region__in=list(days)).select_related(
            "region"
        )
        if not KINDS[alert.kind].is_link and _is_before(alert, days[alert.region_id or 0])
    ]
    if not standing:
        return 0
    found = _found(standing, set(days.values()))
    busy = set(
        DailyRollup.objects.filter(day__in=set(days.values()), n_expected__gt=0).values_list(
            "region_id", "day"
        )
    )
    judged = _judged(set(days.values()))
    calendar = {one.id: one.calendar for one in regions}
    n = 0
    for alert in standing:
        region = alert.region
        if region is None:
            continue
        day, family = days[region.pk], Family(alert.family)
        if (region.pk, family, alert.service, alert.version, day) in found:
            continue
        if family in _NEED_ANSWERS and (region.pk, day) not in busy:
            continue
        if not _JUDGED_LATE.get(family, set()) <= judged[region.pk, day]:
            continue
        if family in _NEED_WORK and calendar[region.pk].is_off(day):
            continue
        clear(region, family, day, now, service=alert.service, version=alert.version)
        n += 1
    return n


def _is_before(alert: Alert, day: date) -> bool:
    """Return whether the alert's last counted day is before this one."""
    counted = max(filter(None, (alert.last_found_day, alert.last_clear_day)), default=None)
    return counted is None or counted < day


def _judged(days: Collection[date]) -> Mapping[tuple[int, date], set[str]]:
    """Return by region and day the sets of rules that have judged it."""
    judged: dict[tuple[int, date], set[str]] = defaultdict(set)
    rows = Evaluation.objects.filter(day__in=days)
    for region, day, rules in rows.values_list("region_id", "day", "rules"):
        judged[region, day].add(rules)
    return judged


def _found(standing: Sequence[Alert], days: Collection[date]) -> set[tuple[object, ...]]:
    rows = Finding.objects.filter(
        region__in={alert.region_id for alert in standing}, day__in=days, kind__in=KINDS
    )
    return {
        (region, KINDS[kind].family, service, version, day)
        for region, kind, service, version, day in rows.values_list(
            "region_id", "kind", "service", "version", "day"
        )
    }
