"""Exports for programs: what the pages do but looking through, which takes a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from fleet import clock
from fleet.api.access import READING, ApiError, for_bearers
from fleet.api.exports import Body, ExportShape, export_shape, exports_shape
from fleet.api.models import Scope
from fleet.exports.asking import ExportRefused, ask
from fleet.exports.deciding import approve, refuse
from fleet.exports.downloading import Gone, download, file_name
from fleet.exports.estimates import Forecast
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.rights import export_or_404, study_or_404
from fleet.exports.steering import cancel, pause, prioritise, resume
from fleet.people.rights import visible_regions

Made = TypeVar("Made")
STEERING = {"pause": pause, "resume": resume, "cancel": cancel}


@csrf_exempt
def exports(request: HttpRequest) -> HttpResponseBase:
    """List exports, or ask for studies."""
    return _asked(request) if request.method == "POST" else _listed(request)


@for_bearers(Scope.READ, *READING, "POST")
def _listed(request: HttpRequest) -> HttpResponseBase:
    account = cast(User, request.user)
    return _json(exports_shape(account, request.GET.dict(), clock.now()))


@for_bearers(Scope.EXPORT, "POST")
def _asked(request: HttpRequest) -> HttpResponseBase:
    account, body = cast(User, request.user), Body.of(request.body)
    code = body.text("region").replace("\0", "")
    region = visible_regions(account).filter(code=code).first()
    if region is None:
        raise ApiError(404, _("There is no region “%(code)s”.") % {"code": code[:31]})
    made = _tried(
        lambda: ask(
            account,
            region,
            body.texts("studies"),
            reason=body.text("reason"),
            purpose=body.purpose(),
            project=body.text("project"),
            priority=body.priority(),
            now=clock.now(),
        )
    )
    return _json(_shape(made), status=201)


@for_bearers(Scope.READ)
def export(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """One export with its studies."""
    return _json(_shape(_export(request, export_id)))


@for_bearers(Scope.EXPORT, "POST")
def act(request: HttpRequest, export_id: int, deed: str) -> HttpResponseBase:
    """Approve, refuse or prioritise an export."""
    account, now = cast(User, request.user), clock.now()
    found, body = _export(request, export_id), Body.of(request.body)
    deeds: dict[str, Callable[[], None]] = {
        "approve": lambda: approve(found, account, body.text("why"), now),
        "refuse": lambda: refuse(found, account, body.text("why"), now),
        "prioritise": lambda: prioritise(found, account, body.priority(), now),
    }
    if deed not in deeds:
        raise ApiError(404, _("There is nothing at this address of the API."))
    _tried(deeds[deed])
    return _json(_shape(_export(request, export_id)))


@for_bearers(Scope.EXPORT, "POST")
def act_on_study(request: HttpRequest, study_id: int, deed: str) -> HttpResponseBase:
    """Pause, go on with or cancel one study."""
    study = _study(request, study_id)
    if deed not in STEERING:
        raise ApiError(404, _("There is nothing at this address of the API."))
    _tried(lambda: STEERING[deed](study, cast(User, request.user), clock.now()))
    return _json(_shape(_export(request, study.export_id)))


@for_bearers(Scope.EXPORT, "GET")
def package(request: HttpRequest, study_id: int) -> HttpResponseBase:
    """The package of a study that is ready; counted and written down."""
    study = _study(request, study_id)
    try:
        path = download(study, cast(User, request.user), clock.now())
    except PermissionDenied as denied:
        raise ApiError(403, str(denied)) from None
    except Gone as gone:
        raise ApiError(410, str(gone)) from None
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=file_name(study),
        content_type="application/zip",
    )


def _export(request: HttpRequest, export_id: int) -> Export:
    try:
        return export_or_404(request.user, export_id)
    except Http404:
        raise ApiError(404, _("There is no export %(id)s.") % {"id": export_id}) from None


def _shape(export: Export) -> ExportShape:
    return export_shape(export, Forecast(export.region, clock.now()))


def _study(request: HttpRequest, study_id: int) -> ExportedStudy:
    try:
        return study_or_404(request.user, study_id)
    except Http404:
        raise ApiError(404, _("There is no exported study %(id)s.") % {"id": study_id}) from None


def _tried(deed: Callable[[], Made]) -> Made:
    """Return what the deed returns; what it refuses is a conflict with how things are."""
    try:
        return deed()
    except ExportRefused as refused:
        raise ApiError(409, str(refused)) from None


def _json(shape: Mapping[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(shape, status=status, json_dumps_params={"ensure_ascii": False})
