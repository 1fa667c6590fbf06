"""A person looks through the contact sheets, and releases the study or rejects it.

Who has looked at which sheet is read from the trail: a sheet shows the study's images.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from fleet.exports.asking import ExportRefused
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.rights import may_look_through
from fleet.exports.trail import record, take_turn

State = ExportedStudy.State
Kind = ExportEvent.Kind
SHEET = re.compile(r"sheet (\d+) of \d+", re.ASCII)
LONGEST_WHY = 500


@transaction.atomic
def look_at(study: ExportedStudy, account: User, n: int, now: datetime) -> None:
    """Write down that the account looks at sheet `n`, from 1; the first time only."""
    take_turn()
    if n not in looked_at(study, account):
        _record(Kind.LOOKED_THROUGH, study, account, now, f"sheet {n} of {study.n_sheets}")


def looked_at(study: ExportedStudy, account: User) -> set[int]:
    """Return the numbers of the sheets that the account has looked at since they were drawn."""
    events = ExportEvent.objects.filter(
        kind=Kind.LOOKED_THROUGH,
        export_id=study.export_id,
        study_ref=study.study_ref,
        username=account.get_username(),
        at__gte=study.state_since,
    )
    found = (SHEET.fullmatch(text) for text in events.values_list("detail", flat=True))
    return {int(sheet[1]) for sheet in found if sheet}


@transaction.atomic
def release(study: ExportedStudy, account: User, now: datetime) -> None:
    """Let the exporter pack the study. Raises ExportRefused, also before all sheets were seen."""
    _check_right(study, account)
    if n_left := study.n_sheets - len(looked_at(study, account)):
        raise ExportRefused(
            _("Look at every sheet first: you have not seen %(n)s of them.") % {"n": n_left}
        )
    waiting = ExportedStudy.objects.filter(
        pk=study.pk, state=State.PREVIEW, looked_through_at=None, wants_cancel=False
    )
    if not waiting.update(looked_through_by=account, looked_through_at=now):
        raise ExportRefused(_("Nobody has to look through this study any more."))
    _record(Kind.RELEASED, study, account, now, "")


@transaction.atomic
def reject(study: ExportedStudy, account: User, why: str, now: datetime) -> None:
    """End the study, so that nothing of it leaves. Raises ExportRefused."""
    _check_right(study, account)
    why = why.replace("\0", "").strip()[:LONGEST_WHY]
    if not why:
        raise ExportRefused(_("Write what you saw, without repeating it: “a name in image 3”."))
    waiting = ExportedStudy.objects.filter(pk=study.pk, state=State.PREVIEW, looked_through_at=None)
    if not waiting.update(state=State.REFUSED, state_since=now, sentence=why):
        raise ExportRefused(_("Nobody has to look through this study any more."))
    _record(Kind.REFUSED, study, account, now, why)


def _check_right(study: ExportedStudy, account: User) -> None:
    if not may_look_through(account, study.export):
        raise ExportRefused(
            _("You have no right to look through studies of %(region)s.")
            % {"region": study.export.region.name}
        )


def _record(kind: Kind, study: ExportedStudy, account: User, now: datetime, detail: str) -> None:
    record(
        kind, account.get_username(), study.export, now, study_ref=study.study_ref, detail=detail
    )
