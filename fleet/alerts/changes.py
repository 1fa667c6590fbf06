"""The changes that an alert goes through, each with its row of the history. Writers take turns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.outbox import tell

SAME_WITHIN = timedelta(hours=24)
UNSTABLE_AFTER = 3
# Any number that no other advisory lock of the center has.
TURN = 0x616C65727473

Event = AlertEvent.Kind


def take_turn() -> None:
    """Wait until no other writer is at work; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def begin(key: Mapping[str, Any], now: datetime, values: Mapping[str, Any]) -> tuple[Alert, Event]:
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


def release(alert: Alert) -> None:
    """Give an alert back to all; the caller records why."""
    alert.state = Alert.State.OPEN
    alert.acknowledged_by = alert.acknowledged_until = None
    alert.save()


def end(
    alert: Alert, author: User | None, reason: str, now: datetime, *, is_false_alarm: bool = False
) -> None:
    """Resolve an alert, lay bare what it explained, and end the fleet's alert of which it was the
    last one."""
    alert.state = Alert.State.RESOLVED
    alert.resolved_at = now
    alert.acknowledged_by = alert.acknowledged_until = None
    alert.save()
    record(alert, Event.RESOLVED, now, author=author, reason=reason, is_false_alarm=is_false_alarm)
    for one in Alert.objects.filter(under=alert, resolved_at=None):
        one.under = None
        one.save()
        record(one, Event.BARED, now)
    above = alert.under
    if above is None or above.region_id is not None or above.resolved_at is not None:
        return
    if not Alert.objects.filter(under=above, resolved_at=None).exists():
        end(above, None, "", now)


def put_under(alert: Alert, above: Alert, now: datetime) -> None:
    """Let one alert explain another."""
    alert.under = above
    alert.save()
    record(alert, Event.EXPLAINED, now)


def record(
    alert: Alert,
    kind: Event,
    now: datetime,
    *,
    author: User | None = None,
    finding: Finding | None = None,
    reason: str = "",
    is_false_alarm: bool = False,
) -> None:
    """Write the row of the history, and what a messenger must say of it."""
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
