"""The list of exports, the page of one, and the forms with which studies are asked for."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fleet import clock
from fleet.exports.asking import ExportRefused, ask
from fleet.exports.models import Export
from fleet.exports.pages.asked import Asked
from fleet.exports.pages.detail import cards, deeds, history, is_moving
from fleet.exports.pages.form import Given, asked_again, form, own_alert
from fleet.exports.pages.listing import listing
from fleet.exports.pages.sampling import MOST_CLASSES, MOST_OF_CLASS, Sample, sample
from fleet.exports.pages.words import Words
from fleet.exports.purposes import explanation, label
from fleet.exports.rights import export_or_404, why_not_ask
from fleet.people.models import Role
from fleet.people.rights import region_or_404, requires, visible_regions
from fleet.review.dates import NoSuchDay, requested_day
from fleet.review.figures import day_name
from fleet.review.standing_alerts import name_of
from fleet.review.studies_asked import Asked as StudiesAsked
from fleet.review.studies_page import known_codes


@require_safe
@never_cache
@requires(Role.VIEWER)
def exports(request: HttpRequest) -> HttpResponse:
    """Show the exports that the address asks for."""
    account = cast(User, request.user)
    asked = Asked.of(request.GET.dict())
    context = {
        "asked": asked,
        "listing": listing(account, asked, clock.now()),
        "regions": visible_regions(account).order_by("name"),
    }
    return render(request, "exports/list.html", context)


@require_safe
@never_cache
@requires(Role.VIEWER)
def export(request: HttpRequest, export_id: int) -> HttpResponse:
    """Show one export."""
    account, now = cast(User, request.user), clock.now()
    found = export_or_404(account, export_id)
    shown = cards(found, account, now)
    context = {
        "export": found,
        "cards": shown,
        "is_moving": is_moving(shown),
        "deeds": deeds(found, account),
        "by": name_of(found.requester),
        "asked_at": Words.of_active_language(now).clock(found.requested_at),
        "decided_by": name_of(found.decided_by) if found.decided_by else "",
        "purpose": label(found.purpose),
        "kept": explanation(found.purpose),
        "priorities": Export.Priority.choices,
        "history": history(found, now),
    }
    return render(request, "exports/export.html", context)


@require_safe
@never_cache
@requires(Role.VIEWER)
def progress(request: HttpRequest, export_id: int) -> HttpResponse:
    """Show only the studies of an export, for its page to take over."""
    account = cast(User, request.user)
    found = export_or_404(account, export_id)
    shown = cards(found, account, clock.now())
    context = {"export": found, "cards": shown, "is_moving": is_moving(shown)}
    return render(request, "exports/studies.html", context)


@never_cache
@requires(Role.VIEWER)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form for the studies that the address names, and take it."""
    account, now = cast(User, request.user), clock.now()
    words = request.POST if request.method == "POST" else request.GET
    region = region_or_404(account, words.get("region", "")[:31].replace("\0", ""))
    given = Given.of(words.dict(), words.getlist("study"))
    if "again" in request.GET:
        given = asked_again(account, region, given, request.GET["again"])
    refused = ""
    if request.method == "POST":
        try:
            made = ask(
                account,
                region,
                given.refs,
                reason=given.reason,
                purpose=given.purpose,
                project=given.project,
                priority=given.priority,
                alert_number=own_alert(account, given.alert, region),
                day=given.day,
                now=now,
            )
        except ExportRefused as error:
            refused = str(error)
        else:
            messages.success(request, _("It is asked for."))
            return redirect("export", made.pk)
    context = {
        "region": region,
        "given": given,
        "form": form(account, region, given, now),
        "refused": refused,
        "date": day_name(given.day) if given.day else "",
    }
    return render(request, "exports/new.html", context, status=422 if refused else 200)


@require_safe
@never_cache
@requires(Role.VIEWER)
def draw(request: HttpRequest) -> HttpResponse:
    """Choose classes of a region's day, draw some studies of each, and lead to the form."""
    account, now = cast(User, request.user), clock.now()
    region = region_or_404(account, request.GET.get("region", "")[:31].replace("\0", ""))
    try:
        day, _last = requested_day(request.GET.get("day", ""), now)
    except NoSuchDay as error:
        raise Http404(str(error)) from None
    known, _models = known_codes(region, day, StudiesAsked())
    chosen = [code for code in request.GET.getlist("class") if code in known]
    problem = _why_not_draw(len(chosen)) if "how" in request.GET else ""
    number = request.GET.get("n", "3")
    n = min(max(int(number), 1), MOST_OF_CLASS) if number.isascii() and number.isdigit() else 3
    is_highest = request.GET.get("how", "highest") == "highest"
    why_not = why_not_ask(account, region)
    found = None
    if chosen and not why_not and not problem:
        found = sample(account, region, day, chosen, n, now, is_highest=is_highest)
    if isinstance(found, Sample) and found.refs:
        _say_short(request, found)
        words = [("region", region.code), ("day", day.isoformat())]
        query = urlencode([*words, *(("study", ref) for ref in found.refs)])
        return redirect(f"{reverse('new_export')}?{query}")
    context = {
        "region": region,
        "day": day.isoformat(),
        "date": day_name(day),
        "classes": [(code, code in chosen) for code in known],
        "n": n,
        "most": MOST_OF_CLASS,
        "most_classes": MOST_CLASSES,
        "is_highest": is_highest,
        "why_not": why_not,
        "problem": problem,
        "refusal": None if isinstance(found, Sample) else found,
        "is_empty": isinstance(found, Sample),
    }
    return render(request, "exports/draw.html", context)


def _why_not_draw(n: int) -> str:
    if n == 0:
        return _("Choose at least one class.")
    if n > MOST_CLASSES:
        return _("Choose %(n)s classes at most.") % {"n": MOST_CLASSES}
    return ""


def _say_short(request: HttpRequest, found: Sample) -> None:
    if found.short:
        words = {"classes": ", ".join(found.short)}
        messages.info(request, _("There were fewer studies than wanted of: %(classes)s.") % words)
