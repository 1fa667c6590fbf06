"""Open, acknowledge and resolve alerts. Nothing else writes their state.

Every change is a row of the alert's history (`changes`); what explains an alert is decided in
`causes`. Writers take turns: what is decided of one region may depend on all others.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from fleet.alerts.causes import COLLECTOR_BLIND, explain_by_link, gather, open_for_fleet
from fleet.alerts.changes import Event, begin, end, record, release, take_turn
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family, Level
from fleet.alerts.models import Alert, AlertEvent, Finding, Maintenance, Silence
from regions.models import Region

CLEAR_DAYS = 5
ASKED_AGAIN_AFTER = timedelta(hours=24)


class Refused(Exception):
    """The sentence says why, and what to do."""


@transaction.atomic
def find(finding: Finding, now: datetime, *, n_on_version: int | None = None) -> Alert | None:
    """Store what a detector saw and return its alert, new or standing.

    None, if the window was judged before, lies in maintenance, or judgement is frozen. With
    `n_on_version`, the number of regions that run the finding's version, half of them make one
    alert of the fleet.
    """
    kind = KINDS[finding.kind]
    take_turn()
    if _is_known(finding) or in_maintenance(finding.region, finding.begins_at):
        return None
    if not kind.is_link and is_frozen():
        return None
    finding.found_at = now
    finding.save()
    alert = _alert_of(finding, now)
    explain_by_link(alert, now)
    gather(alert, n_on_version, now)
    return alert


@transaction.atomic
def clear(
    region: Region,
    family: Family,
    day: date,
    now: datetime,
    *,
    service: str = "",
    version: str = "",
) -> Alert | None:
    """Say that a region's local day is without findings of a family; return its standing alert.

    A lost link ends at once, anything else after five clear days since the last finding.
    """
    take_turn()
    alert = _standing(region.pk, family, service, version)
    if alert is None or (is_frozen() and not KINDS[alert.kind].is_link):
        return alert
    if KINDS[alert.kind].is_link:
        end(alert, None, "", now)
        return alert
    counted = max(filter(None, (alert.last_found_day, alert.last_clear_day)), default=None)
    if counted is None or day > counted:
        alert.last_clear_day = day
        alert.n_clear_days += 1
        alert.save()
    if alert.n_clear_days >= CLEAR_DAYS:
        end(alert, None, "", now)
    return alert


@transaction.atomic
def acknowledge(alert_id: int, author: User, now: datetime, until: datetime | None = None) -> Alert:
    """Let a person take an alert until a time, a day when not told; Refused if it is over."""
    take_turn()
    alert = _unresolved(alert_id)
    alert.state = Alert.State.ACKNOWLEDGED
    alert.acknowledged_by = author
    alert.acknowledged_until = until or now + ASKED_AGAIN_AFTER
    alert.save()
    record(alert, Event.ACKNOWLEDGED, now, author=author)
    return alert


@transaction.atomic
def give_back(alert_id: int, author: User, now: datetime) -> Alert:
    """Let a person give an alert back to all; Refused if nobody has it."""
    take_turn()
    alert = _unresolved(alert_id)
    if alert.state != Alert.State.ACKNOWLEDGED:
        raise Refused(_("Nobody has taken this alert: reload the page."))
    release(alert)
    record(alert, Event.GIVEN_BACK, now, author=author)
    return alert


@transaction.atomic
def resolve(
    alert_id: int, author: User, reason: str, now: datetime, *, is_false_alarm: bool = False
) -> Alert:
    """End an alert by hand; Refused without a reason, or if it is over."""
    if not reason.strip():
        raise Refused(_("An alert is not resolved without a reason: write what was wrong."))
    take_turn()
    alert = _unresolved(alert_id)
    end(alert, author, reason, now, is_false_alarm=is_false_alarm)
    return alert


@transaction.atomic
def lose_sight(since: datetime, now: datetime) -> None:
    """Say that our collector has been silent since a time: nothing is judged until `regain_sight`.

    Saying it again changes nothing.
    """
    take_turn()
    open_for_fleet(COLLECTOR_BLIND, "", "", [], frozenset(), now, since)


@transaction.atomic
def regain_sight(now: datetime) -> None:
    """Say that our collector speaks. Links that were lost together go on being one cause."""
    take_turn()
    blind = Alert.objects.filter(kind=COLLECTOR_BLIND, resolved_at=None).first()
    if blind and not Alert.objects.filter(under=blind, resolved_at=None).exists():
        end(blind, None, "", now)


@transaction.atomic
def ask_again(now: datetime) -> list[Alert]:
    """Ask daily who has taken an alert for longer, and return those alerts."""
    take_turn()
    lately = AlertEvent.objects.filter(
        alert=OuterRef("pk"),
        kind__in=(Event.ACKNOWLEDGED, Event.ASKED),
        at__gt=now - ASKED_AGAIN_AFTER,
    )
    taken = Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, acknowledged_until__gt=now)
    asked = list(taken.filter(~Exists(lately)))
    for alert in asked:
        record(alert, Event.ASKED, now)
    return asked


@transaction.atomic
def expire(now: datetime) -> list[Alert]:
    """Open the alerts again whose acknowledgement is over, and return them."""
    take_turn()
    expired = list(
        Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, acknowledged_until__lte=now)
    )
    for alert in expired:
        release(alert)
        record(alert, Event.EXPIRED, now)
    return expired


def is_frozen() -> bool:
    """Return whether we are blind, so that nothing but links is judged."""
    return Alert.objects.filter(kind=COLLECTOR_BLIND, resolved_at=None).exists()


def in_maintenance(region: Region, moment: datetime) -> bool:
    """Return whether work in the region covers this moment."""
    local = moment.astimezone(region.zone)
    return any(work.covers(local) for work in Maintenance.objects.filter(region=region))


def is_silenced(alert: Alert, now: datetime) -> bool:
    """Return whether a silence that lasts covers this alert."""
    lasting = Silence.objects.filter(
        begins_at__lte=now,
        ends_at__gt=now,
        service__in=("", alert.service),
        kind__in=("", alert.kind),
    )
    return any(one.region_id in (None, alert.region_id) for one in lasting)


def _is_known(finding: Finding) -> bool:
    return Finding.objects.filter(
        region=finding.region,
        kind=finding.kind,
        service=finding.service,
        version=finding.version,
        attribute=finding.attribute,
        begins_at=finding.begins_at,
        span=finding.span,
    ).exists()


def _standing(region_id: int, family: str, service: str, version: str) -> Alert | None:
    return Alert.objects.filter(
        region=region_id, family=family, service=service, version=version, resolved_at=None
    ).first()


def _unresolved(alert_id: int) -> Alert:
    alert = Alert.objects.get(pk=alert_id)
    if alert.state == Alert.State.RESOLVED:
        raise Refused(_("This alert is resolved already: reload the page."))
    return alert


def _alert_of(finding: Finding, now: datetime) -> Alert:
    kind = KINDS[finding.kind]
    alert = _standing(finding.region_id, kind.family, finding.service, finding.version)
    event: Event | None = None
    if alert is None:
        key = {
            "region": finding.region,
            "family": kind.family,
            "service": finding.service,
            "version": finding.version,
        }
        alert, event = begin(key, now, {"kind": kind.code, "opened_at": now})
    if kind.level is Level.FAILING:
        if event is None and KINDS[alert.kind].level is not Level.FAILING:
            event = Event.WORSENED
        alert.kind = kind.code
    if alert.last_found_day is None or finding.day > alert.last_found_day:
        alert.last_found_day = finding.day
    if alert.last_clear_day is None or finding.day > alert.last_clear_day:
        alert.n_clear_days = 0
    alert.save()
    if event:
        record(alert, event, now, finding=finding)
    return alert
