"""Open, explain, acknowledge and resolve alerts. Nothing else writes their state.

Every change is a row of the alert's history. Writers take turns: what is decided of one region may
depend on all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from fleet.alerts.grouping import ON_A_VERSION, at_once, on_a_version
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family, Level
from fleet.alerts.models import Alert, AlertEvent, Finding, Maintenance, Silence
from fleet.alerts.outbox import tell
from regions.models import Region
from regions.together import TOGETHER, Beginning, lost_together

CLEAR_DAYS = 5
SAME_WITHIN = timedelta(hours=24)
UNSTABLE_AFTER = 3
ASKED_AGAIN_AFTER = timedelta(hours=24)
LINK_LOST = "link_lost"
COLLECTOR_BLIND = "collector_blind"
# Any number that no other advisory lock of the center has.
TURN = 0x616C65727473

Event = AlertEvent.Kind


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
    _take_turn()
    if _is_known(finding) or in_maintenance(finding.region, finding.begins_at):
        return None
    if not kind.is_link and is_frozen():
        return None
    finding.found_at = now
    finding.save()
    alert = _alert_of(finding, now)
    _explain_by_link(alert, now)
    _gather(alert, n_on_version, now)
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
    _take_turn()
    alert = _standing(region.pk, family, service, version)
    if alert is None or (is_frozen() and not KINDS[alert.kind].is_link):
        return alert
    if KINDS[alert.kind].is_link:
        _resolve(alert, None, "", now)
        return alert
    counted = max(filter(None, (alert.last_found_day, alert.last_clear_day)), default=None)
    if counted is None or day > counted:
        alert.last_clear_day = day
        alert.n_clear_days += 1
        alert.save()
    if alert.n_clear_days >= CLEAR_DAYS:
        _resolve(alert, None, "", now)
    return alert


@transaction.atomic
def acknowledge(alert_id: int, author: User, now: datetime, until: datetime | None = None) -> Alert:
    """Let a person take an alert until a time, a day when not told; Refused if it is over."""
    _take_turn()
    alert = _unresolved(alert_id)
    alert.state = Alert.State.ACKNOWLEDGED
    alert.acknowledged_by = author
    alert.acknowledged_until = until or now + ASKED_AGAIN_AFTER
    alert.save()
    _record(alert, Event.ACKNOWLEDGED, now, author=author)
    return alert


@transaction.atomic
def give_back(alert_id: int, author: User, now: datetime) -> Alert:
    """Let a person give an alert back to all; Refused if nobody has it."""
    _take_turn()
    alert = _unresolved(alert_id)
    if alert.state != Alert.State.ACKNOWLEDGED:
        raise Refused(_("Nobody has taken this alert: reload the page."))
    _release(alert)
    _record(alert, Event.GIVEN_BACK, now, author=author)
    return alert


@transaction.atomic
def resolve(
    alert_id: int, author: User, reason: str, now: datetime, *, is_false_alarm: bool = False
) -> Alert:
    """End an alert by hand; Refused without a reason, or if it is over."""
    if not reason.strip():
        raise Refused(_("An alert is not resolved without a reason: write what was wrong."))
    _take_turn()
    alert = _unresolved(alert_id)
    _resolve(alert, author, reason, now, is_false_alarm=is_false_alarm)
    return alert


@transaction.atomic
def lose_sight(since: datetime, now: datetime) -> None:
    """Say that our collector has been silent since a time: nothing is judged until `regain_sight`.

    Saying it again changes nothing.
    """
    _take_turn()
    _open_for_fleet(COLLECTOR_BLIND, "", "", [], frozenset(), now, since)


@transaction.atomic
def regain_sight(now: datetime) -> None:
    """Say that our collector speaks. Links that were lost together go on being one cause."""
    _take_turn()
    blind = Alert.objects.filter(kind=COLLECTOR_BLIND, resolved_at=None).first()
    if blind and not Alert.objects.filter(under=blind, resolved_at=None).exists():
        _resolve(blind, None, "", now)


@transaction.atomic
def ask_again(now: datetime) -> list[Alert]:
    """Ask daily who has taken an alert for longer, and return those alerts."""
    _take_turn()
    lately = AlertEvent.objects.filter(
        alert=OuterRef("pk"),
        kind__in=(Event.ACKNOWLEDGED, Event.ASKED),
        at__gt=now - ASKED_AGAIN_AFTER,
    )
    taken = Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, acknowledged_until__gt=now)
    asked = list(taken.filter(~Exists(lately)))
    for alert in asked:
        _record(alert, Event.ASKED, now)
    return asked


@transaction.atomic
def expire(now: datetime) -> list[Alert]:
    """Open the alerts again whose acknowledgement is over, and return them."""
    _take_turn()
    expired = list(
        Alert.objects.filter(state=Alert.State.ACKNOWLEDGED, acknowledged_until__lte=now)
    )
    for alert in expired:
        _release(alert)
        _record(alert, Event.EXPIRED, now)
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


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


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
        alert, event = _begin(key, now, {"kind": kind.code, "opened_at": now})
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
        _record(alert, event, now, finding=finding)
    return alert


def _begin(key: Mapping[str, Any], now: datetime, values: Mapping[str, Any]) -> tuple[Alert, Event]:
    """Return a new alert, or the same one if it was resolved less than a day ago."""
    before = Alert.objects.filter(**key, resolved_at__gt=now - SAME_WITHIN).first()
    if before is None:
        return Alert(**{**key, **values}), Event.OPENED
    returns = before.events.filter(
        kind__in=(Event.REOPENED, Event.UNSTABLE), at__gt=now - SAME_WITHIN
    )
    turns_unstable = returns.count() + 1 >= UNSTABLE_AFTER and not before.is_unstable
    before.is_unstable = returns.count() + 1 >= UNSTABLE_AFTER
    before.state = Alert.State.OPEN
    before.resolved_at = None
    before.under = None
    before.opened_at = values["opened_at"]
    before.n_clear_days = 0
    return before, Event.UNSTABLE if turns_unstable else Event.REOPENED


def _release(alert: Alert) -> None:
    alert.state = Alert.State.OPEN
    alert.acknowledged_by = alert.acknowledged_until = None
    alert.save()


def _resolve(
    alert: Alert, author: User | None, reason: str, now: datetime, *, is_false_alarm: bool = False
) -> None:
    alert.state = Alert.State.RESOLVED
    alert.resolved_at = now
    alert.acknowledged_by = alert.acknowledged_until = None
    alert.save()
    _record(alert, Event.RESOLVED, now, author=author, reason=reason, is_false_alarm=is_false_alarm)
    for one in Alert.objects.filter(under=alert, resolved_at=None):
        one.under = None
        one.save()
        _record(one, Event.BARED, now)
    above = alert.under
    if above is None or above.region_id is not None or above.resolved_at is not None:
        return
    if not Alert.objects.filter(under=above, resolved_at=None).exists():
        _resolve(above, None, "", now)


def _explain_by_link(alert: Alert, now: datetime) -> None:
    """Put what lies behind a lost link under its alert."""
    if alert.kind == LINK_LOST:
        behind = Alert.objects.filter(region=alert.region_id, resolved_at=None, under=None)
        for one in behind.exclude(pk=alert.pk):
            _put_under(one, alert, now)
        return
    link = Alert.objects.filter(region=alert.region_id, kind=LINK_LOST, resolved_at=None).first()
    if link and alert.under_id is None:
        _put_under(alert, link, now)


def _gather(alert: Alert, n_on_version: int | None, now: datetime) -> None:
    """Put alerts of one cause in many regions under one alert of the fleet."""
    if alert.under_id is not None:
        return
    alike = Alert.objects.filter(kind=alert.kind, resolved_at=None, region__isnull=False)
    recent = alike.filter(opened_at__gte=now - TOGETHER)
    openings = [Beginning(one.opened_at, one.region_id) for one in recent if one.region_id]
    if alert.kind == LINK_LOST:
        lost = lost_together(openings, Region.objects.filter(is_active=True).count())
        if ids := frozenset(one.region_id for one in lost):
            _open_for_fleet(COLLECTOR_BLIND, "", "", [*recent], ids, now)
            return
    if together := at_once(openings):
        _open_for_fleet(alert.kind, "", "", [*recent], together, now)
    elif alert.version and n_on_version:
        same = alike.filter(
            service=alert.service, version=alert.version, opened_at__gte=now - ON_A_VERSION
        )
        starts = [Beginning(one.opened_at, one.region_id) for one in same if one.region_id]
        if half := on_a_version(starts, n_on_version):
            _open_for_fleet(alert.kind, alert.service, alert.version, [*same], half, now)


def _open_for_fleet(
    kind: str,
    service: str,
    version: str,
    alerts: list[Alert],
    regions: frozenset[int],
    now: datetime,
    since: datetime | None = None,
) -> None:
    key = {"region": None, "kind": kind, "service": service, "version": version}
    above = Alert.objects.filter(**key, resolved_at=None).first()
    if above is None:
        values = {"family": KINDS[kind].family, "opened_at": since or now}
        above, event = _begin(key, now, values)
        above.save()
        _record(above, event, now)
    for one in alerts:
        if one.region_id in regions and one.under_id != above.pk:
            _put_under(one, above, now)


def _put_under(alert: Alert, above: Alert, now: datetime) -> None:
    alert.under = above
    alert.save()
    _record(alert, Event.EXPLAINED, now)


def _record(
    alert: Alert,
    kind: Event,
    now: datetime,
    *,
    author: User | None = None,
    finding: Finding | None = None,
    reason: str = "",
    is_false_alarm: bool = False,
) -> None:
    event = AlertEvent.objects.create(
        alert=alert,
        kind=kind,
        at=now,
        author=author,
        finding=finding,
        reason=reason[:500],
        is_false_alarm=is_false_alarm,
    )
    tell(alert, event, now)
