"""Exports as the API gives and takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypedDict

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from fleet.api.access import ApiError
from fleet.api.shapes import instant, moment
from fleet.exports.estimates import Forecast
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.purposes import DEFAULT
from fleet.exports.rights import visible_exports

ON_A_PAGE = 50
MOST_BYTES = 64 * 1024
NAMED = ("region", "requester", "decided_by")
PRIORITIES = {choice.name.lower(): choice.value for choice in Export.Priority}


class StudyShape(TypedDict):
    """One study on its way; `sentence` is the technical one behind `why`."""

    id: int
    study_ref: str
    state: str
    state_since: str
    is_paused: bool
    wants_cancel: bool
    why: str | None
    sentence: str
    n_instances: int | None
    n_bytes: int | None
    n_fetched: int
    n_bytes_fetched: int
    bytes_per_s: float | None
    seconds_left: float | None
    waits_for: str | None
    waits_until: str | None
    n_left_out: int
    n_sheets: int
    package_bytes: int | None
    package_sha256: str | None
    expires_at: str | None
    n_downloads: int


class ExportShape(TypedDict):
    """One request; `is_approved` is null where nobody decided, or had to."""

    id: int
    region: str
    requester: str
    requested_at: str
    reason: str
    purpose: str
    project: str
    priority: str
    alert: int | None
    day: str | None
    is_approved: bool | None
    decided_by: str | None
    decided_at: str | None
    decision: str
    studies: list[StudyShape]


class ExportsShape(TypedDict):
    """A page of exports, newest first; `next` is what to send as `before` for the page after it."""

    now: str
    exports: list[ExportShape]
    next: int | None


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON object of a request, whose values have the types that are asked for."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Return the body; nothing stands for an empty object. Raises ApiError(400)."""
        try:
            values = json.loads(raw or b"{}")
        except (ValueError, RecursionError):
            raise ApiError(400, _("The body is not JSON.")) from None
        if len(raw) > MOST_BYTES or not isinstance(values, dict):
            raise ApiError(400, _("The body is not a small JSON object."))
        return cls(values)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise ApiError(400, _("“%(name)s”: write a text.") % {"name": name})
        return value

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ApiError(400, _("“%(name)s”: write a list of texts.") % {"name": name})
        return value

    def priority(self) -> int:
        """Return the value of a priority's name; 0, which is none, for other names."""
        return PRIORITIES.get(self.text("priority", "normal"), 0)

    def purpose(self) -> str:
        return self.text("purpose", DEFAULT)


def exports_shape(account: User, asked: Mapping[str, str], now: datetime) -> ExportsShape:
    """Return the exports that the account may see; raises ApiError(400) for a wrong question."""
    before = asked.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and len(before) < 10):
        raise ApiError(400, _("“before”: write the number of an export."))
    chosen = visible_exports(account).select_related(*NAMED).prefetch_related("studies")
    if before:
        chosen = chosen.filter(pk__lt=int(before))
    if region := asked.get("region", "").replace("\0", ""):
        chosen = chosen.filter(region__code=region)
    found = list(chosen.order_by("-pk")[: ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    forecasts = {one.region_id: Forecast(one.region, now) for one in page}
    return ExportsShape(
        now=instant(now),
        exports=[export_shape(one, forecasts[one.region_id]) for one in page],
        next=page[-1].pk if len(found) > ON_A_PAGE else None,
    )


def export_shape(export: Export, forecast: Forecast) -> ExportShape:
    """Return the export; the forecast is of its region."""
    return ExportShape(
        id=export.pk,
        region=export.region.code,
        requester=export.requester.get_username(),
        requested_at=instant(export.requested_at),
        reason=export.reason,
        purpose=export.purpose,
        project=export.project,
        priority=Export.Priority(export.priority).name.lower(),
        alert=export.alert_number,
        day=export.day.isoformat() if export.day else None,
        is_approved=export.is_approved,
        decided_by=export.decided_by.get_username() if export.decided_by else None,
        decided_at=moment(export.decided_at),
        decision=export.decision,
        studies=[_study(one, forecast) for one in export.studies.all()],
    )


def _study(study: ExportedStudy, forecast: Forecast) -> StudyShape:
    held = forecast.waiting(study)
    is_going = study.state in {ExportedStudy.State.QUEUED, ExportedStudy.State.FETCHING}
    return StudyShape(
        id=study.pk,
        study_ref=study.study_ref,
        state=study.state,
        state_since=instant(study.state_since),
        is_paused=study.is_paused,
        wants_cancel=study.wants_cancel,
        why=study.why or None,
        sentence=study.sentence,
        n_instances=study.n_instances,
        n_bytes=study.n_bytes,
        n_fetched=study.n_fetched,
        n_bytes_fetched=study.n_bytes_fetched,
        bytes_per_s=study.bytes_per_s,
        seconds_left=forecast.seconds_left(study) if is_going else None,
        waits_for=held.reason.value if held else None,
        waits_until=moment(held.until) if held else None,
        n_left_out=study.n_left_out,
        n_sheets=study.n_sheets,
        package_bytes=study.package_bytes,
        package_sha256=study.package_sha256 or None,
        expires_at=moment(study.expires_at),
        n_downloads=study.n_downloads,
    )
