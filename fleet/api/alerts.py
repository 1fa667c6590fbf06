"""Alerts as the API gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from fleet.alerts.findings import latest_findings
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert, Finding
from fleet.alerts.titles import titles
from fleet.alerts.visible import visible_alerts, with_silence
from fleet.api.access import ApiError
from fleet.api.shapes import instant, moment

ON_A_PAGE = 200
STATES = ("standing", "resolved")


class AlertShape(TypedDict):
    """One alert; without a region it is of the fleet, and `under` is the alert that explains it."""

    id: int
    kind: str
    family: str
    level: str | None
    title: str
    region: str | None
    service: str
    version: str
    state: str
    is_unstable: bool
    is_silenced: bool
    opened_at: str
    resolved_at: str | None
    held_by: str | None
    held_until: str | None
    under: int | None
    score: float | None
    limit: float | None
    usual_low: float | None
    usual_high: float | None


class AlertsShape(TypedDict):
    """A page of alerts, newest first; `next` is what to send as `before` for the page after it."""

    now: str
    alerts: list[AlertShape]
    next: int | None


def alerts_shape(account: User, asked: Mapping[str, str], now: datetime) -> AlertsShape:
    """Return the alerts that the account may see; raises ApiError(400) for a wrong question."""
    state, before = asked.get("state", "standing"), asked.get("before", "")
    if state not in STATES:
        raise ApiError(400, _("“state”: write standing or resolved."))
    if before and not (before.isascii() and before.isdecimal() and len(before) < 10):
        raise ApiError(400, _("“before”: write the number of an alert."))
    chosen = with_silence(visible_alerts(account), now)
    chosen = chosen.filter(resolved_at__isnull=state == "standing")
    if before:
        chosen = chosen.filter(pk__lt=int(before))
    if region := asked.get("region", "").replace("\0", ""):
        chosen = chosen.filter(region__code=region)
    named = chosen.select_related("region", "acknowledged_by")
    found = list(named.order_by("-pk")[: ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    return AlertsShape(
        now=instant(now),
        alerts=_shapes(page, account),
        next=page[-1].pk if len(found) > ON_A_PAGE else None,
    )


def alert_shape(account: User, alert_id: int, now: datetime) -> AlertShape:
    """Return one alert that the account may see; raises ApiError(404) for any other."""
    chosen = with_silence(visible_alerts(account), now).filter(pk=alert_id)
    found = list(chosen.select_related("region", "acknowledged_by"))
    if not found:
        raise ApiError(404, _("There is no alert %(id)s.") % {"id": alert_id})
    return _shapes(found, account)[0]


def _shapes(alerts: Sequence[Alert], account: User) -> list[AlertShape]:
    findings, words = latest_findings(alerts), titles()
    above = {one.under_id for one in alerts if one.under_id is not None}
    seen = set(visible_alerts(account).filter(pk__in=above).values_list("pk", flat=True))
    return [
        _shape(one, findings.get(one.pk), words, one.under_id if one.under_id in seen else None)
        for one in alerts
    ]


def _shape(
    alert: Alert, finding: Finding | None, words: Mapping[str, str], under: int | None
) -> AlertShape:
    kind, holder = KINDS.get(alert.kind), alert.acknowledged_by
    return AlertShape(
        id=alert.pk,
        kind=alert.kind,
        family=alert.family,
        level=kind.level.value if kind else None,
        title=words.get(alert.kind, alert.kind),
        region=alert.region.code if alert.region else None,
        service=alert.service,
        version=alert.version,
        state=alert.state,
        is_unstable=alert.is_unstable,
        is_silenced=bool(getattr(alert, "is_muted", False)),
        opened_at=instant(alert.opened_at),
        resolved_at=moment(alert.resolved_at),
        held_by=holder.get_full_name() or holder.get_username() if holder else None,
        held_until=moment(alert.acknowledged_until),
        under=under,
        score=finding.score if finding else None,
        limit=finding.limit if finding else None,
        usual_low=finding.usual_low if finding else None,
        usual_high=finding.usual_high if finding else None,
    )
