"""Pause a study, go on with it, cancel it, and change what goes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fleet.exports.asking import ExportRefused
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.rights import may_steer
from fleet.exports.trail import record

State = ExportedStudy.State
Kind = ExportEvent.Kind
# While the exporter works on it, or will.
PAUSABLE = (State.REQUESTED, State.QUEUED, State.FETCHING, State.CLEANING, State.VALIDATING)
CANCELLABLE = (*PAUSABLE, State.PREVIEW)
MOVING = (State.WAITING_APPROVAL, *PAUSABLE)
# Studies with which each can be done.
PAUSING = Q(state__in=PAUSABLE, is_paused=False, wants_cancel=False)
RESUMING = Q(is_paused=True, wants_cancel=False) & ~Q(state__in=ExportedStudy.FINAL)
CANCELLING = Q(state__in=(State.WAITING_APPROVAL, *CANCELLABLE), wants_cancel=False)


@transaction.atomic
def pause(study: ExportedStudy, account: User, now: datetime) -> None:
    """Keep the study where it is; what was fetched stays. Raises ExportRefused."""
    _check_right(study.export, account)
    same = ExportedStudy.objects.filter(pk=study.pk, state__in=PAUSABLE, wants_cancel=False)
    if not same.filter(is_paused=False).update(is_paused=True):
        raise ExportRefused(_("There is nothing to pause any more: reload the page."))
    record(Kind.PAUSED, account.get_username(), study.export, now, study_ref=study.study_ref)


@transaction.atomic
def resume(study: ExportedStudy, account: User, now: datetime) -> None:
    """Go on with a paused study. Raises ExportRefused."""
    _check_right(study.export, account)
    if not ExportedStudy.objects.filter(pk=study.pk, is_paused=True).update(is_paused=False):
        raise ExportRefused(_("The study is not paused: reload the page."))
    record(Kind.RESUMED, account.get_username(), study.export, now, study_ref=study.study_ref)


@transaction.atomic
def cancel(study: ExportedStudy, account: User, now: datetime) -> None:
    """End a study before it is ready, or ask the exporter to. Raises ExportRefused.

    Nothing was fetched of a study that waits for approval; of all others the exporter clears up.
    """
    _check_right(study.export, account)
    same = ExportedStudy.objects.filter(pk=study.pk)
    n_ended = same.filter(state=State.WAITING_APPROVAL).update(
        state=State.CANCELLED, state_since=now
    )
    going = same.filter(state__in=CANCELLABLE, wants_cancel=False)
    if not n_ended and not going.update(wants_cancel=True, is_paused=False):
        raise ExportRefused(_("There is nothing to cancel any more: reload the page."))
    record(Kind.CANCELLED, account.get_username(), study.export, now, study_ref=study.study_ref)


@transaction.atomic
def pause_all(export: Export, account: User, now: datetime) -> None:
    """Pause each study that can be. Raises ExportRefused."""
    _each(export, PAUSING, pause, account, now)


@transaction.atomic
def resume_all(export: Export, account: User, now: datetime) -> None:
    """Go on with each paused study. Raises ExportRefused."""
    _each(export, RESUMING, resume, account, now)


@transaction.atomic
def cancel_all(export: Export, account: User, now: datetime) -> None:
    """Cancel each study that is not ready. Raises ExportRefused."""
    _each(export, CANCELLING, cancel, account, now)


@transaction.atomic
def prioritise(export: Export, account: User, priority: int, now: datetime) -> None:
    """Put the export before or behind others of its region. Raises ExportRefused."""
    _check_right(export, account)
    if priority not in Export.Priority.values:
        raise ExportRefused(_("Choose a priority."))
    moving = Export.objects.filter(
        pk__in=ExportedStudy.objects.filter(export=export, state__in=MOVING).values("export")
    )
    if not moving.update(priority=priority):
        raise ExportRefused(_("Nothing of this export waits any more: reload the page."))
    detail = Export.Priority(priority).name.lower()
    record(Kind.PRIORITISED, account.get_username(), export, now, detail=detail)


def _each(
    export: Export,
    chosen: Q,
    deed: Callable[[ExportedStudy, User, datetime], None],
    account: User,
    now: datetime,
) -> None:
    _check_right(export, account)
    studies = export.studies.filter(chosen).select_related("export__region").order_by("pk")
    if not (found := list(studies.select_for_update(of=("self",)))):
        raise ExportRefused(_("There is no such study in this export any more: reload the page."))
    for study in found:
        deed(study, account, now)


def _check_right(export: Export, account: User) -> None:
    if not may_steer(account, export):
        raise ExportRefused(
            _("Only who asked, and who may approve requests of %(region)s, can do this.")
            % {"region": export.region.name}
        )
