"""What must not ring and what is not judged: the list, the forms, and their ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fleet import clock
from fleet.alerts.deeds import until_when
from fleet.alerts.lifecycle import Refused
from fleet.alerts.models import Maintenance, Silence
from fleet.alerts.pages.words import Words
from fleet.alerts.silences import (
    end_maintenance,
    lasting_silences,
    plan_maintenance,
    silence,
    standing_maintenances,
)
from fleet.alerts.silences import end_silence as end_lasting
from fleet.alerts.titles import titles
from fleet.alerts.visible import visible_maintenances, visible_silences
from fleet.people.models import Role
from fleet.people.rights import (
    may_act_as,
    person_of,
    region_or_404,
    requires,
    visible_regions,
)
from fleet.review.figures import cut, plain
from fleet.review.standing_alerts import name_of
from regions.models import Region

NAMED = ("region", "author")


@dataclass(frozen=True, slots=True)
class Line:
    """A silence or a piece of work, as the page lists it."""

    pk: int
    where: str
    what: str
    when: str
    by: str
    reason: str
    may_end: bool


@never_cache
@requires(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def silences(request: HttpRequest) -> HttpResponse:
    """List what lasts; make a silence."""
    account, now = cast(User, request.user), clock.now()
    if request.method == "POST":
        return _tried(request, lambda: _silence(request, account, now), _("It is silenced."))
    words, may_act = Words.of_active_language(now), may_act_as(account, Role.ON_CALL)
    context = {
        "silences": [
            _silence_line(one, words, may_end=may_act and may_silence(account, one.region))
            for one in lasting_silences(visible_silences(account), now).select_related(*NAMED)
        ],
        "works": [
            _work_line(one, words, may_end=may_act)
            for one in standing_maintenances(visible_maintenances(account), now).select_related(
                *NAMED
            )
        ],
        "regions": visible_regions(account).order_by("name"),
        "kinds": sorted(titles().items(), key=lambda kind: kind[1]),
        "may_act": may_act,
        "sees_all": may_silence(account, None),
        "today": words.today.isoformat(),
    }
    return render(request, "alerts/silences.html", context)


@requires(Role.ON_CALL)
@require_http_methods(["GET", "POST"])
def end_silence(request: HttpRequest, silence_id: int) -> HttpResponse:
    """End a silence."""
    account, now = cast(User, request.user), clock.now()
    one = visible_silences(account).select_related("region").filter(pk=silence_id).first()
    if one is None or not may_silence(account, one.region):
        raise Http404(silence_id)
    return _tried(request, lambda: end_lasting(account, one, now), _("The silence is over."))


@requires(Role.ON_CALL)
@require_http_methods(["GET", "POST"])
def plan_work(request: HttpRequest) -> HttpResponse:
    """Plan work in a region."""
    account, now = cast(User, request.user), clock.now()
    return _tried(request, lambda: _plan(request, account, now), _("The work is planned."))


@requires(Role.ON_CALL)
@require_http_methods(["GET", "POST"])
def end_work(request: HttpRequest, work_id: int) -> HttpResponse:
    """End work in a region before its time."""
    account, now = cast(User, request.user), clock.now()
    work = visible_maintenances(account).select_related("region").filter(pk=work_id).first()
    if work is None:
        raise Http404(work_id)
    return _tried(request, lambda: end_maintenance(account, work, now), _("The work is over."))


def may_silence(account: User, region: Region | None) -> bool:
    """Whether the account sees all that a silence mutes."""
    person = person_of(account)
    return region is not None or (person is not None and person.sees_all_regions)


def _tried(request: HttpRequest, deed: Callable[[], object], success: str) -> HttpResponse:
    """Do what a form asks for and go back with a sentence; a GET, as after a login, does none."""
    if request.method == "POST":
        try:
            deed()
            messages.success(request, success)
        except Refused as refused:
            messages.error(request, str(refused))
    return redirect("silences")


def _silence(request: HttpRequest, account: User, now: datetime) -> None:
    if not may_act_as(account, Role.ON_CALL):
        raise Refused(_("Only who is on call silences alerts."))
    code, given = request.POST.get("region", ""), request.POST.dict()
    region = region_or_404(account, code) if code else None
    if not may_silence(account, region):
        raise Refused(_("Choose a region: only who sees all regions silences all of them."))
    zone = region.zone if region else settings.FLEET_TIME_ZONE
    until = until_when(given, zone, now)
    silence(account, region, until, given.get("reason", ""), now, kind=given.get("kind", ""))


def _plan(request: HttpRequest, account: User, now: datetime) -> None:
    given = request.POST.dict()
    region = region_or_404(account, given.get("region", ""))
    try:
        days = [date.fromisoformat(given.get(name, "")) for name in ("first_day", "last_day")]
        hours = [time.fromisoformat(given.get(name, "")) for name in ("since", "until")]
    except ValueError:
        raise Refused(_("Write dates as 2026-03-10 and times as 09:00.")) from None
    if any(one.tzinfo for one in hours):
        raise Refused(_("Write dates as 2026-03-10 and times as 09:00."))
    reason = given.get("reason", "")
    plan_maintenance(account, region, (days[0], days[1]), (hours[0], hours[1]), reason, now)


def _silence_line(one: Silence, words: Words, *, may_end: bool) -> Line:
    kind = words.title(one.kind) if one.kind else _("All kinds")
    return Line(
        pk=one.pk,
        where=plain(one.region.name) if one.region else _("The whole fleet"),
        what=f"{kind}: {cut(one.service)}" if one.service else kind,
        when=_("until %(time)s") % {"time": words.clock(one.ends_at)},
        by=name_of(one.author),
        reason=one.reason,
        may_end=may_end,
    )


def _work_line(one: Maintenance, words: Words, *, may_end: bool) -> Line:
    days = words.day(one.first_day)
    if one.last_day != one.first_day:
        days = f"{days} – {words.day(one.last_day)}"
    return Line(
        pk=one.pk,
        where=plain(one.region.name),
        what=_("%(since)s to %(until)s, by the region's clock")
        % {"since": f"{one.since:%H:%M}", "until": f"{one.until:%H:%M}"},
        when=days,
        by=name_of(one.author),
        reason=one.reason,
        may_end=may_end,
    )
