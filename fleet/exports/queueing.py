"""Which study of a region is worked on next, and why another one waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Q, QuerySet, Value, When

from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportPolicy, LinkUse
from regions.localday import day_bounds, local_day
from regions.models import Region

State = ExportedStudy.State
# States of a study that is worked on now, or was when its worker died.
AT_WORK = (State.FETCHING, State.CLEANING, State.VALIDATING)
NEEDS_LINE = frozenset({State.QUEUED, State.FETCHING})
PLACES = {State.VALIDATING: 1, State.CLEANING: 2, State.FETCHING: 3}
FURTHEST_FIRST = Case(
    *(When(state=state, then=Value(place)) for state, place in PLACES.items()), default=Value(4)
)


class Reason(StrEnum):
    """Why a study is not worked on."""

    PAUSED = "paused"
    FORBIDDEN = "forbidden"
    RETRY = "retry"
    WINDOW = "window"
    BUDGET = "budget"
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a study waits, and until when at least; None where no clock says."""

    reason: Reason
    until: datetime | None = None


def next_study(region: Region, now: datetime) -> ExportedStudy | None:
    """Return what the region's worker takes on now: the more urgent, the further on, the older."""
    policy = policy_of(region)
    for study in workable(region, now):
        if study.state not in NEEDS_LINE or line_waits(policy, now) is None:
            return study
    return None


def workable(region: Region, now: datetime) -> QuerySet[ExportedStudy]:
    """Return the studies that wait for nothing but the line and their turn, the first first."""
    return (
        ExportedStudy.objects.filter(
            Q(retry_at=None) | Q(retry_at__lte=now),
            state__in=[State.QUEUED, *AT_WORK],
            export__region=region,
        )
        # Who is to be cancelled is worked on for that.
        .filter(Q(is_paused=False) | Q(wants_cancel=True) | Q(state__in=AT_WORK))
        .select_related("export__region", "source__region")
        .order_by("export__priority", FURTHEST_FIRST, "pk")
    )


def to_look_up(now: datetime) -> QuerySet[ExportedStudy]:
    """Return the studies that can be looked up now, the more urgent and older first."""
    is_due = Q(retry_at=None) | Q(retry_at__lte=now)
    asked = ExportedStudy.objects.filter(
        is_due, state=State.REQUESTED, is_paused=False, wants_cancel=False
    )
    return asked.select_related("export__region").order_by("export__priority", "pk")


def to_pack(now: datetime) -> QuerySet[ExportedStudy]:
    """Return the studies that somebody released and that can be packed now."""
    is_due = Q(retry_at=None) | Q(retry_at__lte=now)
    released = ExportedStudy.objects.filter(
        is_due, state=State.PREVIEW, looked_through_at__isnull=False, wants_cancel=False
    )
    people = ("export__requester", "export__decided_by", "looked_through_by")
    return released.select_related("export__region", *people).order_by("export__priority", "pk")


def line_waits(policy: ExportPolicy | None, now: datetime) -> Waiting | None:
    """Return why nothing may come over the region's line now; None when it may."""
    if policy is None or not policy.is_allowed:
        return Waiting(Reason.FORBIDDEN)
    if opens_at := window_opens(policy, now):
        return Waiting(Reason.WINDOW, opens_at)
    if (left := bytes_left(policy, now)) is not None and left <= 0:
        zone = policy.region.zone
        return Waiting(Reason.BUDGET, day_bounds(local_day(now, zone), zone)[1])
    return None


def window_opens(policy: ExportPolicy, now: datetime) -> datetime | None:
    """Return when the link window opens next; None while it is open, or where there is none."""
    begins, ends = policy.window_begins, policy.window_ends
    if begins is None or ends is None:
        return None
    local = now.astimezone(policy.region.zone)
    clock = local.time()
    is_open = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if is_open:
        return None
    return _at(local, begins, policy.region.zone)


def window_closes(policy: ExportPolicy, now: datetime) -> datetime | None:
    """Return when a window that is open closes; None where there is none."""
    if policy.window_ends is None:
        return None
    zone = policy.region.zone
    return _at(now.astimezone(zone), policy.window_ends, zone)


def bytes_left(policy: ExportPolicy, now: datetime) -> int | None:
    """Return what is left of the budget of the region's local day; None without a budget."""
    if policy.bytes_per_day is None:
        return None
    day = local_day(now, policy.region.zone)
    used = LinkUse.objects.filter(region=policy.region, day=day).values_list("n_bytes", flat=True)
    return policy.bytes_per_day - (used.first() or 0)


def count_bytes(region: Region, n_bytes: int, now: datetime) -> None:
    """Add what has come over the line to the region's local day."""
    if n_bytes == 0:
        return
    day = local_day(now, region.zone)
    use, _is_new = LinkUse.objects.get_or_create(region=region, day=day)
    LinkUse.objects.filter(pk=use.pk).update(n_bytes=F("n_bytes") + n_bytes)


def policy_of(region: Region) -> ExportPolicy | None:
    return ExportPolicy.objects.select_related("region").filter(region=region).first()


def _at(local: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Return the next moment at which the region's clock shows `clock`."""
    today = datetime.combine(local.date(), clock, zone)
    if today > local:
        return today
    return datetime.combine(local.date() + timedelta(days=1), clock, zone)
