"""The page of one region's local day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.people.models import Role
from fleet.people.rights import region_or_404, requires, visible_regions
from fleet.review.dates import FIRST_DAY, NoSuchDay, requested_day, today
from fleet.review.day import review
from fleet.review.details import in_full
from fleet.review.figures import day_name
from fleet.review.region_page import region_page
from fleet.review.sign_cells import signs
from regions.localday import local_day

ONE_DAY = timedelta(days=1)


@require_safe
@never_cache
@requires(Role.VIEWER)
def latest(request: HttpRequest, code: str) -> HttpResponseBase:
    """Redirect to the region's running day, so that a link sent today shows today tomorrow too."""
    region = region_or_404(request.user, code)
    return redirect("region", code, local_day(clock.now(), region.zone).isoformat())


@require_safe
@never_cache
@requires(Role.VIEWER)
def region(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """Show one local day of a region."""
    now = clock.now()
    try:
        day, last = requested_day(text, now)
    except NoSuchDay as error:
        return render(request, "404.html", {"sentence": str(error)}, status=404)
    account = cast(User, request.user)
    found = visible_regions(account).select_related("status").filter(code=code).first()
    if found is None:
        raise Http404(code)
    whole = review(day, now, visible_regions(account))
    row = next(row for row in whole.rows if row.region.pk == found.pk)
    one = in_full(replace(whole, rows=(row,)), {found.pk})
    before, after = day - ONE_DAY, day + ONE_DAY
    context = {
        "page": region_page(one, getattr(found, "status", None), settings.FLEET_TIME_ZONE),
        "signs": (signed := signs(account, one, now)),
        "cell": signed.cells[found.pk],
        "code": code,
        "day": day.isoformat(),
        "today": today(now).isoformat(),
        "before": (before.isoformat(), day_name(before)) if before >= FIRST_DAY else None,
        "after": (after.isoformat(), day_name(after)) if after <= last else None,
    }
    return render(request, "review/region.html", context)
