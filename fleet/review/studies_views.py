"""The list of one region's studies, read live. The only page that asks a region."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.exports.rights import why_not_ask
from fleet.people.models import Role
from fleet.people.rights import region_or_404, requires
from fleet.review.dates import FIRST_DAY, NoSuchDay, requested_day
from fleet.review.figures import day_name
from fleet.review.studies_asked import Asked
from fleet.review.studies_page import Listed, known_codes, tabs
from fleet.review.studies_read import read
from fleet.review.studies_refusal import Refusal

ONE_DAY = timedelta(days=1)


@require_safe
@never_cache
@requires(Role.VIEWER)
def studies(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """Show a page of a region's answers, or why it cannot be read."""
    now = clock.now()
    try:
        day, last = requested_day(text, now)
    except NoSuchDay as error:
        return render(request, "404.html", {"sentence": str(error)}, status=404)
    region = region_or_404(request.user, code)
    asked = Asked.of(request.GET.dict())
    found = read(cast(User, request.user), region, day, asked, now)
    classes, models = known_codes(region, day, asked)
    before, after = day - ONE_DAY, day + ONE_DAY
    context = {
        "region": region,
        "day": day.isoformat(),
        "date": date_format(day, pgettext("format of the page's date", "l j E Y")),
        "asked": asked,
        "tabs": tabs(asked),
        "classes": classes,
        "models": models,
        "page": found if isinstance(found, Listed) else None,
        "refusal": found if isinstance(found, Refusal) else None,
        "why_not_ask": why_not_ask(request.user, region),
        "everything": asked.unfiltered().address,
        "same_list": asked.after_key(None).address,
        "before": (before.isoformat(), day_name(before)) if before >= FIRST_DAY else None,
        "after": (after.isoformat(), day_name(after)) if after <= last else None,
    }
    return render(request, "review/studies.html", context)
