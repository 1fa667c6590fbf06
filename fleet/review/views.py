"""The daily review page, and its numbers as CSV."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.people.models import Role
from fleet.people.rights import requires, visible_regions
from fleet.review.asked import Asked
from fleet.review.dates import FIRST_DAY, NoSuchDay, requested_day, today
from fleet.review.day import review
from fleet.review.details import in_full
from fleet.review.figures import day_name
from fleet.review.groups import rows_in_full
from fleet.review.page import page
from fleet.review.rendering import render_freely
from fleet.review.sign_cells import signs
from fleet.review.table import Flavour, table
from fleet.review.unsigned import unsigned_days

ONE_DAY = timedelta(days=1)
# How many unsigned days the page names; the handover lists them all.
MOST_UNSIGNED = 5


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponseBase:
    """Redirect to an explicit date, so that a link sent today shows today tomorrow too.

    The date field of the page asks here when there is no script: `/?day=2026-03-10`.
    """
    asked = request.GET.get("day", "")
    return redirect(
        "day", asked if re.fullmatch(r"[\w-]{1,20}", asked) else today(clock.now()).isoformat()
    )


@require_safe
@never_cache
@requires(Role.VIEWER)
def day(request: HttpRequest, text: str) -> HttpResponse:
    """Show the review of one date."""
    now = clock.now()
    try:
        shown, last = requested_day(text, now)
    except NoSuchDay as error:
        return render(request, "404.html", {"sentence": str(error)}, status=404)
    account = cast(User, request.user)
    asked = Asked.of(request.GET.dict())
    found = review(shown, now, visible_regions(account))
    found = in_full(found, rows_in_full(found, asked))
    return render_freely(
        request,
        "review/day.html",
        {
            "page": page(found, settings.FLEET_TIME_ZONE, asked),
            "signs": signs(account, found, now),
            "unsigned": (waiting := unsigned_days(found)),
            "unsigned_latest": waiting.latest(MOST_UNSIGNED),
            **_around(shown, last, today(now)),
        },
    )


@require_safe
@never_cache
@requires(Role.VIEWER)
def csv(request: HttpRequest, text: str) -> HttpResponse:
    """Give the rows that the page shows under the same filters, as a file."""
    now = clock.now()
    try:
        shown, _last = requested_day(text, now)
    except NoSuchDay as error:
        return render(request, "404.html", {"sentence": str(error)}, status=404)
    account = cast(User, request.user)
    found = review(shown, now, visible_regions(account))
    is_excel = request.GET.get("for") == "excel"
    flavour = Flavour.excel(get_language() or "en") if is_excel else Flavour()
    content = table(found, Asked.of(request.GET.dict()), signs(account, found, now), flavour)
    name = f"fleet-{shown.isoformat()}{'-excel' if is_excel else ''}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _around(shown: date, last: date, now_there: date) -> dict[str, object]:
    """Return the dates that the page links to: (address, name) of the days around, or None."""

    def link(day: date) -> tuple[str, str] | None:
        if not FIRST_DAY <= day <= last:
            return None
        return reverse("day", args=[day.isoformat()]), day_name(day)

    return {
        "day": shown.isoformat(),
        "today": now_there.isoformat(),
        "yesterday": (now_there - ONE_DAY).isoformat(),
        "last": last.isoformat(),
        "before": link(shown - ONE_DAY),
        "after": link(shown + ONE_DAY),
    }
