"""The read API: what the pages show, as JSON, from the same functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from fleet import clock
from fleet.api.access import ApiError, for_bearers
from fleet.api.alerts import alerts_shape
from fleet.api.hours import hours, window
from fleet.api.models import Scope
from fleet.api.shapes import (
    HourlyShape,
    HourShape,
    instant,
    moment,
    numbers_shape,
    region_shape,
    review_shape,
)
from fleet.people.rights import visible_regions
from fleet.review.dates import NoSuchDay, requested_day, today
from fleet.review.day import review
from fleet.review.details import in_full
from fleet.review.signing import signed_days


@for_bearers(Scope.READ)
def regions(request: HttpRequest) -> HttpResponse:
    """Every active region with its lamps and numbers of today's date."""
    now = clock.now()
    shown = review(today(now), now, visible_regions(request.user))
    return _json({"now": instant(now), "regions": [region_shape(row) for row in shown.rows]})


@for_bearers(Scope.READ)
def hourly(request: HttpRequest, code: str) -> HttpResponse:
    """The hours of one region from `from` to `to`."""
    now = clock.now()
    region = visible_regions(request.user).select_related("status").filter(code=code).first()
    if region is None:
        raise ApiError(404, _("There is no region “%(code)s”.") % {"code": code[:31]})
    start, end = window(region, request.GET.get("from", ""), request.GET.get("to", ""), now)
    found = hours(region, start, end, now)
    shape = HourlyShape(
        code=region.code,
        time_zone=region.time_zone,
        freshness=found.freshness.value,
        known_as_of=moment(found.known_as_of),
        hours=[
            HourShape(hour=instant(hour), numbers=numbers_shape(numbers))
            for hour, numbers in found.hours
        ],
    )
    return _json(cast(Mapping[str, Any], shape))


@for_bearers(Scope.READ)
def review_day(request: HttpRequest, text: str) -> HttpResponse:
    """The daily review of one date."""
    now = clock.now()
    found = review(_day(text, now), now, visible_regions(request.user))
    found = in_full(found, [row.region.pk for row in found.rows])
    signed = signed_days(found.day, {row.region.pk: row.numbers for row in found.rows})
    return _json(cast(Mapping[str, Any], review_shape(found, signed)))


@for_bearers(Scope.READ)
def alerts(request: HttpRequest) -> HttpResponse:
    """The alerts that stand, or those that are over."""
    shape = alerts_shape(cast(User, request.user), request.GET.dict(), clock.now())
    return _json(cast(Mapping[str, Any], shape))


@for_bearers(Scope.READ)
def nothing(_request: HttpRequest) -> HttpResponse:
    raise ApiError(404, _("There is nothing at this address of the API."))


def _day(text: str, now: datetime) -> date:
    try:
        return requested_day(text, now)[0]
    except NoSuchDay as error:
        raise ApiError(404, str(error)) from None


def _json(shape: Mapping[str, Any]) -> JsonResponse:
    return JsonResponse(shape, json_dumps_params={"ensure_ascii": False})
