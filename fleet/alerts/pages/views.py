"""The list of alerts, the page of one, what was done to them, and their runbooks."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fleet import clock
from fleet.alerts.deeds import DEEDS, done
from fleet.alerts.findings import latest_findings
from fleet.alerts.kinds import KINDS
from fleet.alerts.lifecycle import Refused
from fleet.alerts.pages import inbox as listed
from fleet.alerts.pages.asked import Asked
from fleet.alerts.pages.quality_page import quality_page
from fleet.alerts.pages.runbooks import runbook_html
from fleet.alerts.pages.sample import sample
from fleet.alerts.pages.story import story
from fleet.alerts.titles import title, titles
from fleet.alerts.visible import may_act_on, visible_alerts, with_silence
from fleet.exports.rights import why_not_ask
from fleet.people.models import Role
from fleet.people.rights import may_act_as, requires, visible_regions

MOST_AT_ONCE = 200
# Named one by one in a message.
MOST_NAMED = 5


@require_safe
@never_cache
@requires(Role.VIEWER)
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the alerts that the address asks for."""
    account = cast(User, request.user)
    asked = Asked.of(request.GET.dict())
    context = {
        "asked": asked,
        "inbox": listed.inbox(account, asked, clock.now()),
        "regions": visible_regions(account).order_by("name"),
        "kinds": sorted(titles().items(), key=lambda kind: kind[1]),
        "may_act": may_act_as(account, Role.ON_CALL),
    }
    return render(request, "alerts/inbox.html", context)


@require_safe
@never_cache
@requires(Role.VIEWER)
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Show one alert."""
    account, now = cast(User, request.user), clock.now()
    seen = with_silence(visible_alerts(account), now)
    found = seen.select_related("region", "acknowledged_by").filter(pk=alert_id).first()
    if found is None:
        raise Http404(alert_id)
    return render(request, "alerts/alert.html", {"story": story(account, found, now)})


@require_safe
@never_cache
@requires(Role.VIEWER)
def alert_studies(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Ask the region for some of the studies behind an alert."""
    account, now = cast(User, request.user), clock.now()
    found = visible_alerts(account).select_related("region").filter(pk=alert_id).first()
    newest = latest_findings([found]).get(found.pk) if found is not None else None
    if found is None or newest is None:
        raise Http404(alert_id)
    context = {
        "alert": found,
        "title": title(found.kind),
        "sample": sample(account, newest, now),
        "why_not_ask": why_not_ask(account, newest.region),
    }
    return render(request, "alerts/studies.html", context)


@requires(Role.ON_CALL)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, deed: str) -> HttpResponse:
    """Take, give back, silence or resolve the alerts that the form names."""
    if deed not in DEEDS:
        raise Http404(deed)
    # A login in between turns the form's POST into a GET.
    if request.method == "GET":
        return redirect("alerts")
    account, now = cast(User, request.user), clock.now()
    ids = {int(one) for one in request.POST.getlist("alert") if one.isdecimal() and len(one) < 10}
    seen = visible_alerts(account).select_related("region").filter(pk__in=ids)
    n_done, refused = 0, []
    for one in seen.order_by("pk")[:MOST_AT_ONCE]:
        try:
            if not may_act_on(account, one):
                raise Refused(
                    _("It is an alert of the fleet: only who sees all regions acts on it.")
                )
            DEEDS[deed](one, account, request.POST.dict(), now)
            n_done += 1
        except Refused as error:
            refused.append(f"#{one.pk}: {error}")
    _say(request, deed, n_done, refused)
    return redirect(way_back(request, reverse("alerts")))


@require_safe
@never_cache
@requires(Role.VIEWER)
def quality(request: HttpRequest) -> HttpResponse:
    """Show what became of the alerts of each kind, month by month."""
    months = quality_page(cast(User, request.user), clock.now())
    return render(request, "alerts/quality.html", {"months": months})


@require_safe
@requires(Role.VIEWER)
def runbook(request: HttpRequest, kind: str) -> HttpResponse:
    """Show what to do about a kind of alert."""
    if kind not in KINDS:
        raise Http404(kind)
    context = {"kind": kind, "title": title(kind), "text": runbook_html(kind)}
    return render(request, "alerts/runbook.html", context)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Return the page that a form names as its own, if it is one of ours."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else otherwise


def _say(request: HttpRequest, deed: str, n_done: int, refused: list[str]) -> None:
    if n_done:
        messages.success(request, done(deed, n_done))
    for sentence in refused[:MOST_NAMED]:
        messages.error(request, sentence)
    if n_more := len(refused[MOST_NAMED:]):
        more = ngettext("%(n)s more was left.", "%(n)s more were left.", n_more) % {"n": n_more}
        messages.error(request, more)
    if not n_done and not refused:
        messages.error(request, _("No alert was chosen: mark some of them first."))
