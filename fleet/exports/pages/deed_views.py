"""What the buttons of an export do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from fleet import clock
from fleet.exports.asking import ExportRefused
from fleet.exports.deciding import approve, refuse
from fleet.exports.downloading import Gone, download, file_name
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.releasing import reject, release
from fleet.exports.rights import export_or_404, study_or_404
from fleet.exports.steering import (
    cancel,
    cancel_all,
    pause,
    pause_all,
    prioritise,
    resume,
    resume_all,
)
from fleet.people.models import Role
from fleet.people.rights import requires

Given = Mapping[str, str]


def _prioritise(export: Export, account: User, given: Given, now: datetime) -> None:
    number = given.get("priority", "")
    prioritise(export, account, int(number) if number in {"1", "2", "3"} else 0, now)


EXPORT_DEEDS: dict[str, Callable[[Export, User, Given, datetime], None]] = {
    "approve": lambda export, account, given, now: approve(
        export, account, given.get("why", ""), now
    ),
    "refuse": lambda export, account, given, now: refuse(
        export, account, given.get("why", ""), now
    ),
    "prioritise": _prioritise,
    "pause-all": lambda export, account, _given, now: pause_all(export, account, now),
    "resume-all": lambda export, account, _given, now: resume_all(export, account, now),
    "cancel-all": lambda export, account, _given, now: cancel_all(export, account, now),
}
STUDY_DEEDS: dict[str, Callable[[ExportedStudy, User, Given, datetime], None]] = {
    "pause": lambda study, account, _given, now: pause(study, account, now),
    "resume": lambda study, account, _given, now: resume(study, account, now),
    "cancel": lambda study, account, _given, now: cancel(study, account, now),
    "release": lambda study, account, _given, now: release(study, account, now),
    "reject": lambda study, account, given, now: reject(study, account, given.get("why", ""), now),
}


@requires(Role.VIEWER)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, export_id: int, deed: str) -> HttpResponse:
    """Approve, refuse or prioritise an export, or do something with all its studies."""
    export = export_or_404(request.user, export_id)
    if deed not in EXPORT_DEEDS:
        raise Http404(deed)
    account, now = cast(User, request.user), clock.now()
    return _tried(
        request,
        export.pk,
        lambda: EXPORT_DEEDS[deed](export, account, request.POST.dict(), now),
        deed,
    )


@requires(Role.VIEWER)
@require_http_methods(["GET", "POST"])
def act_on_study(request: HttpRequest, study_id: int, deed: str) -> HttpResponse:
    """Pause, go on with, cancel, release or reject one study."""
    study = study_or_404(request.user, study_id)
    if deed not in STUDY_DEEDS:
        raise Http404(deed)
    account, now = cast(User, request.user), clock.now()
    return _tried(
        request,
        study.export_id,
        lambda: STUDY_DEEDS[deed](study, account, request.POST.dict(), now),
        deed,
    )


@never_cache
@requires(Role.VIEWER)
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, study_id: int) -> HttpResponseBase:
    """Send the package, counted and written down."""
    study = study_or_404(request.user, study_id)
    # A login in between turns the form's POST into a GET.
    if request.method == "GET":
        return redirect("export", study.export_id)
    try:
        path = download(study, cast(User, request.user), clock.now())
    except Gone as gone:
        messages.error(request, str(gone))
        return redirect("export", study.export_id)
    response = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=file_name(study),
        content_type="application/zip",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _tried(
    request: HttpRequest, export_id: int, deed: Callable[[], None], name: str
) -> HttpResponse:
    """Do what a form asks for and go back with a sentence; a GET, as after a login, does none."""
    if request.method == "POST":
        try:
            deed()
            messages.success(request, done(name))
        except ExportRefused as refused:
            messages.error(request, str(refused))
    return redirect("export", export_id)


def done(deed: str) -> str:
    """Return the sentence that says what was done."""
    return {
        "approve": _("It is approved."),
        "refuse": _("It is refused."),
        "prioritise": _("The priority is changed."),
        "pause": _("It is paused."),
        "resume": _("It goes on."),
        "cancel": _("It is being cancelled."),
        "pause-all": _("All that was on its way is paused."),
        "resume-all": _("All that was paused goes on."),
        "cancel-all": _("All that is not ready is being cancelled."),
        "release": _("It is released, and is being packed."),
        "reject": _("It is rejected: nothing of it leaves."),
    }[deed]
