"""Hand out a package: counted, written down, until it expires."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from fleet.exports.folders import package_path
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.rights import why_not_take
from fleet.exports.trail import record


class Gone(Exception):
    """There is no package to take any more; the sentence says why."""


@transaction.atomic
def download(study: ExportedStudy, account: User, now: datetime) -> Path:
    """Return the package's file. Raises PermissionDenied for who may not take it, and Gone."""
    if why_not := why_not_take(account, study.export):
        raise PermissionDenied(why_not)
    path = package_path(study)
    ready = ExportedStudy.objects.filter(
        pk=study.pk, state=ExportedStudy.State.READY, expires_at__gt=now
    )
    left = ready.filter(n_downloads__lt=settings.FLEET_EXPORT_DOWNLOADS)
    if not path.is_file() or not left.update(n_downloads=F("n_downloads") + 1):
        raise Gone(_why_gone(study, now))
    record(
        ExportEvent.Kind.DOWNLOADED,
        account.get_username(),
        study.export,
        now,
        study_ref=study.study_ref,
        detail=study.package_sha256,
    )
    return path


def file_name(study: ExportedStudy) -> str:
    """Return what the package is called on the machine of who takes it."""
    return f"export-{study.export_id}-{study.pk}.zip"


def _why_gone(study: ExportedStudy, now: datetime) -> str:
    if study.state != ExportedStudy.State.READY:
        return _("There is no package of this study.")
    if study.expires_at is None or study.expires_at <= now:
        return _("The package has expired: ask for the study again.")
    if study.n_downloads >= settings.FLEET_EXPORT_DOWNLOADS:
        return _("The package was downloaded as often as it may be: ask for the study again.")
    return _("The package is not where it was put: tell an administrator.")
