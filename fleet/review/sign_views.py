"""Sign, undo, note, hand over. Every form comes back to where it was sent from, with a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
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
from fleet.people.models import Role
from fleet.people.rights import region_or_404, requires, visible_regions
from fleet.review.dates import NoSuchDay, requested_day
from fleet.review.day import RegionDay, ReviewDay, review
from fleet.review.handover import handover
from fleet.review.handover_alerts import standing
from fleet.review.notes import BadNote, write
from fleet.review.sign_cells import signs
from fleet.review.signing import Refused, sign, sign_all, undo
from fleet.review.unsigned import changed_days, unsigned_days
from regions.models import Region

# Named one by one in a message; the page shows the rest.
MOST_NAMED = 5


def form_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a GET with the day's page: a login in between turns the form's POST into one."""

    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "GET":
            return redirect("day", kwargs["text"])
        return view(request, *args, **kwargs)

    return answer


@requires(Role.ON_CALL)
@form_only
def sign_region(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """Sign one region's day as the form showed it."""
    region, day, now = region_or_404(request.user, code), _day(text), clock.now()
    _sign(request, region, day, request.POST.get("shown", ""), now)
    return _back(request, day, region)


@requires(Role.ON_CALL)
@form_only
def unsign_region(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """Take back one's own fresh sign-off."""
    region, day = region_or_404(request.user, code), _day(text)
    try:
        undo(_account(request), region, day, clock.now())
        messages.success(request, _said(region.name, _("The sign-off is taken back.")))
    except Refused as refused:
        messages.error(request, _said(region.name, str(refused)))
    return _back(request, day, region)


@requires(Role.ON_CALL)
@form_only
def note_region(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """Write a note on a region's day; with what was `shown`, sign the day too."""
    region, day, now = region_or_404(request.user, code), _day(text), clock.now()
    if _note(request, region, day, now) and (shown := request.POST.get("shown")):
        _sign(request, region, day, shown, now)
    return _back(request, day, region)


@requires(Role.ON_CALL)
@form_only
def note_fleet(request: HttpRequest, text: str) -> HttpResponse:
    """Write a note on the whole fleet's day."""
    day = _day(text)
    _note(request, None, day, clock.now())
    return _back(request, day)


@requires(Role.ON_CALL)
@form_only
def sign_fine(request: HttpRequest, text: str) -> HttpResponse:
    """Sign the shown regions that are fine and fresh."""
    day, now = _day(text), clock.now()
    pairs = (pair.partition("=") for pair in request.POST.get("shown", "").split())
    shown = {code: token for code, _equals, token in pairs}
    rows = review(day, now, visible_regions(request.user)).rows
    n_signed, left = sign_all(_account(request), rows, day, shown, now)
    if n_signed:
        messages.success(
            request,
            ngettext("%(n)s region signed.", "%(n)s regions signed.", n_signed) % {"n": n_signed},
        )
    for name, sentence in left[:MOST_NAMED]:
        messages.error(request, _said(name, sentence))
    if n_more := len(left[MOST_NAMED:]):
        more = ngettext("%(n)s more was left.", "%(n)s more were left.", n_more) % {"n": n_more}
        messages.error(request, more)
    return _back(request, day)


@require_safe
@never_cache
@requires(Role.VIEWER)
def hand_over(request: HttpRequest, text: str) -> HttpResponse:
    """Show the text for the next engineer."""
    day, now = _day(text), clock.now()
    account = _account(request)
    page = review(day, now, visible_regions(account))
    address = request.build_absolute_uri(reverse("day", args=[day.isoformat()]))
    said = signs(account, page, now)
    unsigned, changed = unsigned_days(page).latest(), changed_days(page)
    letter = handover(page, said, unsigned, changed, standing(account, now), account, address)
    return render(
        request,
        "review/handover.html",
        {"letter": letter, "n_lines": letter.count("\n") + 1, "day": day.isoformat()},
    )


def _day(text: str) -> date:
    try:
        return requested_day(text, clock.now())[0]
    except NoSuchDay as error:
        raise Http404(str(error)) from None


def _account(request: HttpRequest) -> User:
    # Whoever has a role has an account in the database.
    return cast("User", request.user)


def _row(page: ReviewDay, region: Region) -> RegionDay:
    return next(row for row in page.rows if row.region.pk == region.pk)


def _sign(request: HttpRequest, region: Region, day: date, shown: str, now: datetime) -> None:
    row = _row(review(day, now, visible_regions(request.user)), region)
    try:
        sign(_account(request), row, day, shown, now)
        messages.success(request, _said(region.name, _("The day is signed.")))
    except Refused as refused:
        messages.error(request, _said(region.name, str(refused)))


def _note(request: HttpRequest, region: Region | None, day: date, now: datetime) -> bool:
    """Return whether the note was written."""
    about = region.name if region else _("The whole fleet")
    text, reason = request.POST.get("text", ""), request.POST.get("reason", "")
    try:
        write(_account(request), region, day, text, now, reason=reason)
    except BadNote as error:
        messages.error(request, _said(about, str(error)))
        return False
    messages.success(request, _said(about, _("The note is kept.")))
    return True


def _said(about: str, sentence: str) -> str:
    return f"{about}: {sentence}"


def _back(request: HttpRequest, day: date, region: Region | None = None) -> HttpResponse:
    """Return to the page of the form, at the region's row."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = reverse("day", args=[day.isoformat()])
    target = target.partition("#")[0]
    return redirect(f"{target}#{region.code}" if region else target)
