"""A second person lets a request go, or refuses it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from fleet.exports.asking import ExportRefused
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.rights import may_approve
from fleet.exports.trail import record

State = ExportedStudy.State
LONGEST_WHY = 500


def approve(export: Export, account: User, why: str, now: datetime) -> None:
    """Let the studies that wait be looked up. Raises ExportRefused."""
    _decide(export, account, why, now, is_approved=True)


def refuse(export: Export, account: User, why: str, now: datetime) -> None:
    """End the studies that wait, with the reason for who asked. Raises ExportRefused."""
    if not why.replace("\0", "").strip():
        raise ExportRefused(_("Write why: who asked reads it."))
    _decide(export, account, why, now, is_approved=False)


@transaction.atomic
def _decide(export: Export, account: User, why: str, now: datetime, *, is_approved: bool) -> None:
    if export.requester_id == account.pk:
        raise ExportRefused(_("It is your own request: another person decides about it."))
    if not may_approve(account, export):
        raise ExportRefused(
            _("You have no right to decide about requests of %(region)s.")
            % {"region": export.region.name}
        )
    why = why.replace("\0", "").strip()[:LONGEST_WHY]
    waiting = ExportedStudy.objects.filter(export=export, state=State.WAITING_APPROVAL)
    undecided = Export.objects.filter(pk=export.pk, decided_at=None, studies__in=waiting)
    n_decided = Export.objects.filter(pk__in=undecided).update(
        decided_by=account, decided_at=now, is_approved=is_approved, decision=why
    )
    if not n_decided:
        raise ExportRefused(_("Nobody has to decide about this request any more."))
    if is_approved:
        waiting.update(state=State.REQUESTED, state_since=now)
    else:
        waiting.update(state=State.REFUSED, state_since=now, sentence=why)
    kind = ExportEvent.Kind.APPROVED if is_approved else ExportEvent.Kind.REFUSED
    record(kind, account.get_username(), export, now, detail=why)
