"""Ask for studies: what the policy, the rights and the limits let pass becomes an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.purposes import PURPOSES
from fleet.exports.rights import why_not_ask
from fleet.exports.trail import record, take_turn
from regions.models import Region

State = ExportedStudy.State
LONGEST_REF = 200
LONGEST_REASON = 500
LONGEST_PROJECT = 50


class ExportRefused(Exception):
    """The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many studies the account may still ask for."""

    in_request: int
    today: int
    of_all_today: int

    @property
    def n(self) -> int:
        return min(self.in_request, self.today, self.of_all_today)


@transaction.atomic
def ask(
    account: User,
    region: Region,
    study_refs: Sequence[str],
    *,
    reason: str,
    purpose: str,
    project: str,
    now: datetime,
    priority: int = Export.Priority.NORMAL,
    alert_number: int | None = None,
    day: date | None = None,
) -> Export:
    """Return the new export, its studies waiting for approval or for being looked up.

    Raises ExportRefused.
    """
    refs = _refs(study_refs)
    reason, project = reason.replace("\0", "").strip(), project.strip()
    _check_words(reason, purpose, project, priority)
    # One request at a time, so that two together do not pass a limit.
    take_turn()
    if why_not := why_not_ask(account, region):
        raise ExportRefused(why_not)
    _check_room(allowance(account, now), len(refs))
    export = Export.objects.create(
        region=region,
        requester=account,
        requested_at=now,
        reason=reason,
        purpose=purpose,
        project=project,
        priority=priority,
        alert_number=alert_number,
        day=day,
    )
    needs_approval = ExportPolicy.objects.get(region=region).needs_approval
    state = State.WAITING_APPROVAL if needs_approval else State.REQUESTED
    ExportedStudy.objects.bulk_create(
        ExportedStudy(export=export, study_ref=ref, state=state, state_since=now) for ref in refs
    )
    for ref in refs:
        record(
            ExportEvent.Kind.REQUESTED,
            account.get_username(),
            export,
            now,
            study_ref=ref,
            detail=f"{purpose}, {project}: {reason}",
        )
    return export


def allowance(account: User, now: datetime) -> Allowance:
    """Return what is left of the limits on the day of the center's people."""
    local = now.astimezone(settings.FLEET_TIME_ZONE)
    midnight = datetime.combine(local.date(), time(), settings.FLEET_TIME_ZONE)
    today = ExportedStudy.objects.filter(export__requested_at__gte=midnight)
    n_own = today.filter(export__requester=account).count()
    return Allowance(
        in_request=settings.FLEET_EXPORT_STUDIES_PER_REQUEST,
        today=max(0, settings.FLEET_EXPORT_STUDIES_PER_PERSON - n_own),
        of_all_today=max(0, settings.FLEET_EXPORT_STUDIES_PER_DAY - today.count()),
    )


def _refs(given: Sequence[str]) -> list[str]:
    """Return the references without repetitions; raise ExportRefused for what is none."""
    refs = list(dict.fromkeys(ref.strip() for ref in given if ref.strip()))
    if not refs:
        raise ExportRefused(_("Name at least one study."))
    if any(len(ref) > LONGEST_REF or not ref.isprintable() for ref in refs):
        raise ExportRefused(_("Write each study as the region's list shows it."))
    return refs


def _check_words(reason: str, purpose: str, project: str, priority: int) -> None:
    if not reason or len(reason) > LONGEST_REASON:
        raise ExportRefused(_("Write why you need the studies, in 500 characters at most."))
    if purpose not in PURPOSES:
        raise ExportRefused(_("Choose a purpose: it decides what stays in the package."))
    try:
        validate_slug(project)
    except ValidationError:
        project = ""
    if not project or len(project) > LONGEST_PROJECT:
        raise ExportRefused(
            _("Write the project in Latin letters, digits and hyphens, 50 at most: mammo-2026.")
        )
    if priority not in Export.Priority.values:
        raise ExportRefused(_("Choose a priority."))


def _check_room(left: Allowance, n: int) -> None:
    if n > left.in_request:
        raise ExportRefused(
            ngettext(
                "One request names %(n)s study at most: make several.",
                "One request names %(n)s studies at most: make several.",
                left.in_request,
            )
            % {"n": left.in_request}
        )
    if n > left.today:
        raise ExportRefused(
            ngettext(
                "You may ask for %(n)s more study today: ask tomorrow, or a colleague.",
                "You may ask for %(n)s more studies today: ask tomorrow, or a colleague.",
                left.today,
            )
            % {"n": left.today}
        )
    if n > left.of_all_today:
        raise ExportRefused(
            ngettext(
                "All people together may ask for %(n)s more study today: ask tomorrow.",
                "All people together may ask for %(n)s more studies today: ask tomorrow.",
                left.of_all_today,
            )
            % {"n": left.of_all_today}
        )
