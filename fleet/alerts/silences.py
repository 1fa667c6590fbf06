"""Say what must not ring, and when work in a region is not judged. The audit trail keeps both.

A silence mutes messages, while alerts open and end as ever; what lies in planned work is not judged
at all.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fleet.alerts.kinds import KINDS
from fleet.alerts.lifecycle import Refused
from fleet.alerts.models import Maintenance, Silence
from fleet.people.audit import record
from fleet.people.models import AuditEvent
from regions.models import Region

LONGEST_SILENCE = timedelta(days=30)
LONGEST_MAINTENANCE = timedelta(days=92)
LONGEST_REASON = 500


@transaction.atomic
def silence(
    author: User,
    region: Region | None,
    until: datetime,
    reason: str,
    now: datetime,
    *,
    service: str = "",
    kind: str = "",
) -> Silence:
    """Mute the alerts of a region, or of the fleet, from now until a time; all services and kinds
    unless told. Raises Refused with a sentence."""
    reason = _checked(reason)
    if kind and kind not in KINDS:
        raise Refused(_("There is no kind of alert “%(kind)s”.") % {"kind": kind[:40]})
    if until <= now:
        raise Refused(_("A silence ends later than now: choose another time."))
    if until > now + LONGEST_SILENCE:
        raise Refused(
            _("A silence lasts %(days)s days at most: silence it again then, if need be.")
            % {"days": LONGEST_SILENCE.days}
        )
    made = Silence.objects.create(
        region=region,
        service=service,
        kind=kind,
        begins_at=now,
        ends_at=until,
        author=author,
        reason=reason,
    )
    _trace(AuditEvent.Kind.SILENCED, author, region, f"{made.scope} {until:%Y-%m-%d %H:%M}", now)
    return made


@transaction.atomic
def end_silence(author: User, one: Silence, now: datetime) -> None:
    """End a silence before its time. Raises Refused when it is over."""
    # One that was made this very moment ends in the next.
    ends_at = max(now, one.begins_at + timedelta(microseconds=1))
    if not Silence.objects.filter(pk=one.pk, ends_at__gt=now).update(ends_at=ends_at):
        raise Refused(_("This silence is over already: reload the page."))
    _trace(AuditEvent.Kind.SILENCE_ENDED, author, one.region, one.scope, now)


@transaction.atomic
def plan_maintenance(
    author: User,
    region: Region,
    days: tuple[date, date],
    hours: tuple[time, time],
    reason: str,
    now: datetime,
) -> Maintenance:
    """Plan work in a region: from the first date to the last, each day between two times of the
    region's own clock. Raises Refused with a sentence."""
    reason = _checked(reason)
    first_day, last_day = days
    if last_day < first_day:
        raise Refused(_("The last day of the work is not before the first: change one of them."))
    if last_day < now.astimezone(region.zone).date():
        raise Refused(_("The work is in the past: what was judged then stays as it is."))
    if last_day - first_day > LONGEST_MAINTENANCE:
        raise Refused(
            _("Work is planned for %(days)s days at most.") % {"days": LONGEST_MAINTENANCE.days}
        )
    made = Maintenance.objects.create(
        region=region,
        first_day=first_day,
        last_day=last_day,
        since=hours[0],
        until=hours[1],
        author=author,
        reason=reason,
    )
    _trace(AuditEvent.Kind.MAINTENANCE_PLANNED, author, region, made.span, now)
    return made


@transaction.atomic
def end_maintenance(author: User, work: Maintenance, now: datetime) -> None:
    """End work before its time, so that the region is judged from now on; Refused if it is over."""
    own = Maintenance.objects.filter(pk=work.pk)
    if not standing_maintenances(own, now).update(ended_at=now):
        raise Refused(_("This work is over already: reload the page."))
    _trace(AuditEvent.Kind.MAINTENANCE_ENDED, author, work.region, work.span, now)


def lasting_silences(of: QuerySet[Silence], now: datetime) -> QuerySet[Silence]:
    """Return those that are not over, the first to end before others."""
    return of.filter(ends_at__gt=now).order_by("ends_at", "pk")


def standing_maintenances(of: QuerySet[Maintenance], now: datetime) -> QuerySet[Maintenance]:
    """Return the work that is not over: its last day, anywhere on Earth, is not past."""
    earliest = (now - timedelta(days=1)).date()
    return of.filter(Q(ended_at=None) | Q(ended_at__gt=now), last_day__gte=earliest).order_by(
        "first_day", "since", "pk"
    )


def _checked(reason: str) -> str:
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise Refused(_("Write the reason: whoever wonders about the silence will read it."))
    if len(reason) > LONGEST_REASON:
        raise Refused(_("The reason is too long: %(n)s signs at most.") % {"n": LONGEST_REASON})
    return reason


def _trace(
    kind: AuditEvent.Kind, author: User, region: Region | None, subject: str, now: datetime
) -> None:
    code = region.code if region else ""
    record(kind, author.get_username(), now, region_code=code, subject=subject)
