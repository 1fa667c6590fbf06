"""Alerts for programs: what the buttons of their pages do, by the same rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from fleet import clock
from fleet.alerts.deeds import DEEDS
from fleet.alerts.lifecycle import Refused
from fleet.alerts.models import Alert
from fleet.alerts.visible import may_act_on, visible_alerts
from fleet.api.access import ApiError, for_bearers
from fleet.api.alerts import alert_shape
from fleet.api.exports import Body
from fleet.api.models import Scope
from fleet.people.models import Role
from fleet.people.rights import may_act_as, why_not

GIVEN = ("reason", "until")


@for_bearers(Scope.READ)
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """One alert."""
    return _json(alert_shape(cast(User, request.user), alert_id, clock.now()))


@for_bearers(Scope.ALERTS, "POST")
def act(request: HttpRequest, alert_id: int, deed: str) -> HttpResponse:
    """Take an alert, give it back, silence it, resolve it, or take what it found for normal."""
    account, now = cast(User, request.user), clock.now()
    if deed not in DEEDS:
        raise ApiError(404, _("There is nothing at this address of the API."))
    found = _alert(account, alert_id)
    body = Body.of(request.body)
    given = {name: body.text(name) for name in GIVEN}
    given["false"] = "yes" if body.values.get("is_false_alarm") is True else ""
    try:
        DEEDS[deed](found, account, given, now)
    except Refused as refused:
        raise ApiError(409, str(refused)) from None
    return _json(alert_shape(account, alert_id, now))


def _alert(account: User, alert_id: int) -> Alert:
    """Return the alert; raises ApiError(404) for one unseen, 403 for one not to be acted on."""
    found = visible_alerts(account).select_related("region").filter(pk=alert_id).first()
    if found is None:
        raise ApiError(404, _("There is no alert %(id)s.") % {"id": alert_id})
    if not may_act_as(account, Role.ON_CALL):
        raise ApiError(403, why_not(account, Role.ON_CALL))
    if not may_act_on(account, found):
        raise ApiError(403, _("It is an alert of the fleet: only who sees all regions acts on it."))
    return found


def _json(shape: Mapping[str, Any]) -> JsonResponse:
    return JsonResponse(shape, json_dumps_params={"ensure_ascii": False})
