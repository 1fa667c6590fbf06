"""What became of alerts, by kind and month: which kinds are worth their noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncMonth

from fleet.alerts.models import Alert, AlertEvent
from fleet.alerts.visible import silence_over

Event = AlertEvent.Kind


@dataclass(frozen=True, slots=True)
class Quality:
    """`n_acted_on` were taken or resolved by a person; `n_by_themselves` ended though nobody did;
    `n_silenced` lay in a silence at some time; `n_false` were resolved as false alarms."""

    month: date
    kind: str
    n_opened: int
    n_acted_on: int
    n_silenced: int
    n_by_themselves: int
    n_false: int

    @property
    def false_share(self) -> float | None:
        """Of the alerts that people acted on: nobody knows of the others."""
        return self.n_false / self.n_acted_on if self.n_acted_on else None


class Fate(NamedTuple):
    """What became of one alert."""

    was_acted_on: bool
    was_silenced: bool
    was_false: bool
    resolved_at: datetime | None


def quality(
    alerts: QuerySet[Alert], zone: ZoneInfo, since: datetime, now: datetime
) -> list[Quality]:
    """Return the months since a moment, newest first, and in each the kinds with most alerts first.

    An alert counts in the month in which it opened first, by the clock of `zone`. What another
    alert explains rang for nobody and does not count.
    """
    opened = AlertEvent.objects.filter(alert=OuterRef("pk")).order_by("at", "pk")
    acted = Exists(
        AlertEvent.objects.filter(
            Q(kind=Event.ACKNOWLEDGED) | Q(kind=Event.RESOLVED, author__isnull=False),
            alert=OuterRef("pk"),
        )
    )
    false = Exists(AlertEvent.objects.filter(alert=OuterRef("pk"), is_false_alarm=True))
    muted = silence_over().filter(
        begins_at__lt=Coalesce(OuterRef("resolved_at"), Value(now)),
        ends_at__gt=OuterRef("first_at"),
    )
    told = (
        alerts.filter(under=None)
        .order_by()
        .annotate(first_at=Subquery(opened.values("at")[:1]))
        .filter(first_at__gte=since)
        .annotate(
            month=TruncMonth("first_at", tzinfo=zone),
            was_acted_on=acted,
            was_false=false,
            was_silenced=Exists(muted),
        )
    )
    rows = told.values_list(
        "month", "kind", "was_acted_on", "was_silenced", "was_false", "resolved_at"
    )
    by_kind: dict[tuple[date, str], list[Fate]] = {}
    for month, kind, was_acted_on, was_silenced, was_false, resolved_at in rows:
        fate = Fate(was_acted_on, was_silenced, was_false, resolved_at)
        by_kind.setdefault((month.date(), kind), []).append(fate)
    counted = [_counted(month, kind, fates) for (month, kind), fates in by_kind.items()]
    return sorted(counted, key=lambda one: (-one.month.toordinal(), -one.n_opened, one.kind))


def _counted(month: date, kind: str, fates: Sequence[Fate]) -> Quality:
    return Quality(
        month,
        kind,
        n_opened=len(fates),
        n_acted_on=sum(one.was_acted_on for one in fates),
        n_silenced=sum(one.was_silenced for one in fates),
        n_by_themselves=sum(not one.was_acted_on and one.resolved_at is not None for one in fates),
        n_false=sum(one.was_false for one in fates),
    )
