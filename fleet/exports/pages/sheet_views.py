"""The contact sheets of a study: one page each, so that a person looks at all of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet import clock
from fleet.exports.folders import sheet_paths
from fleet.exports.models import ExportedStudy
from fleet.exports.pages.words import short
from fleet.exports.releasing import look_at, looked_at
from fleet.exports.rights import may_look_through, study_or_404
from fleet.people.models import Role
from fleet.people.rights import requires

State = ExportedStudy.State


@require_safe
@never_cache
@requires(Role.VIEWER)
def sheet(request: HttpRequest, study_id: int, n: int) -> HttpResponse:
    """Show one sheet and, after the last of them, the buttons."""
    account = cast(User, request.user)
    study = _study(account, study_id)
    if study.state not in {State.PREVIEW, State.READY}:
        return redirect("export", study.export_id)
    paths = _paths(study)
    if not 1 <= n <= len(paths):
        raise Http404(n)
    if request.method == "GET":
        look_at(study, account, n, clock.now())
    seen = looked_at(study, account)
    numbers = range(1, len(paths) + 1)
    context = {
        "study": study,
        "short_ref": short(study.study_ref),
        "export": study.export,
        "n": n,
        "n_sheets": len(paths),
        "sheets": [(number, number in seen) for number in numbers],
        "left": [number for number in numbers if number not in seen],
        "before": n - 1,
        "after": n + 1 if n < len(paths) else 0,
        "may_decide": study.state == State.PREVIEW and study.looked_through_at is None,
    }
    return render(request, "exports/sheet.html", context)


@require_safe
@never_cache
@requires(Role.VIEWER)
def sheet_image(request: HttpRequest, study_id: int, n: int) -> HttpResponse:
    """Send the picture of one sheet."""
    study = _study(cast(User, request.user), study_id)
    paths = _paths(study)
    if not 1 <= n <= len(paths) or study.state not in {State.PREVIEW, State.READY}:
        raise Http404(n)
    response = HttpResponse(paths[n - 1].read_bytes(), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _study(account: User, study_id: int) -> ExportedStudy:
    study = study_or_404(account, study_id)
    if not may_look_through(account, study.export):
        raise PermissionDenied(
            _("You have no right to look through studies of %(region)s.")
            % {"region": study.export.region.name}
        )
    return study


def _paths(study: ExportedStudy) -> list[Path]:
    try:
        return sheet_paths(study)
    except ImproperlyConfigured:
        return []
