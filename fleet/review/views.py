"""The daily review page."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.people.models import Role
from fleet.people.rights import requires, visible_regions
from fleet.review.dates import FIRST_DAY, NoSuchDay, requested_day, today
from fleet.review.day import review
from fleet.review.page import day_name, page

ONE_DAY = timedelta(days=1)


@require_safe
@never_cache
def index(_request: HttpRequest) -> HttpResponseBase:
    """Redirect to an explicit date, so that a link sent today shows today tomorrow too."""
    return redirect("day", today(clock.now()).isoformat())


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
    before, after = shown - ONE_DAY, shown + ONE_DAY
    return render(
        request,
        "review/day.html",
        {
            "page": page(
                review(shown, now, visible_regions(request.user)), settings.FLEET_TIME_ZONE
            ),
            "day": shown.isoformat(),
            "today": today(now).isoformat(),
            "before": (before.isoformat(), day_name(before)) if before >= FIRST_DAY else None,
            "after": (after.isoformat(), day_name(after)) if after <= last else None,
        },
    )
