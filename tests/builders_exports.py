"""Rows of exports for tests. Every default is in the signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from regions.models import Region
from tests.builders import NOW

REF = "3f9a0c55e1b24d7789ab"


def make_source(
    region: Region, position: int = 1, *, kind: str = StudySource.Kind.ORTHANC, **fields: Any
) -> StudySource:
    """An archive at the far end of the region's path."""
    defaults = {"host": "127.0.0.1", "port": 8042}
    return StudySource.objects.create(
        region=region, position=position, kind=kind, **{**defaults, **fields}
    )


def make_policy(
    region: Region, *, is_allowed: bool = True, needs_approval: bool = False, **fields: Any
) -> ExportPolicy:
    return ExportPolicy.objects.create(
        region=region, is_allowed=is_allowed, needs_approval=needs_approval, **fields
    )


def give_right(
    user: User, deed: str = ExportRight.Deed.ASK, *, region: Region | None = None
) -> ExportRight:
    return ExportRight.objects.create(person=user.person, deed=deed, region=region)


def make_exporting(region: Region, user: User, *, needs_approval: bool = False) -> None:
    """Let a person ask for studies of a region that has an archive."""
    make_source(region)
    make_policy(region, needs_approval=needs_approval)
    give_right(user, region=region)


def make_export(
    region: Region,
    requester: User,
    *,
    requested_at: datetime = NOW,
    reason: str = "Scores fell by a half on Friday",
    purpose: str = "model_debugging",
    project: str = "mammo-2026",
    priority: int = Export.Priority.NORMAL,
    **fields: Any,
) -> Export:
    return Export.objects.create(
        region=region,
        requester=requester,
        requested_at=requested_at,
        reason=reason,
        purpose=purpose,
        project=project,
        priority=priority,
        **fields,
    )


def make_exported_study(
    export: Export,
    state: str = ExportedStudy.State.REQUESTED,
    *,
    study_ref: str = REF,
    state_since: datetime = NOW,
    **fields: Any,
) -> ExportedStudy:
    return ExportedStudy.objects.create(
        export=export, study_ref=study_ref, state=state, state_since=state_since, **fields
    )
