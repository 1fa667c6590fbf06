"""When alerts of a region began and ended, for the axis of its day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from fleet.alerts.models import AlertEvent
from fleet.alerts.titles import titles

_BEGINS = (AlertEvent.Kind.OPENED, AlertEvent.Kind.REOPENED, AlertEvent.Kind.UNSTABLE)


@dataclass(frozen=True, slots=True)
class AlertMark:
    """`text` is a sentence that waits for `%(time)s`."""

    at: datetime
    is_end: bool
    text: str


def alert_marks(region_id: int, starts_at: datetime, ends_at: datetime) -> list[AlertMark]:
    """Return what happened between two moments, oldest first, in one query."""
    events = AlertEvent.objects.filter(
        alert__region=region_id,
        at__gte=starts_at,
        at__lt=ends_at,
        kind__in=(*_BEGINS, AlertEvent.Kind.RESOLVED),
    )
    words = titles()
    marks = []
    for at, kind, alert_id, code in events.order_by("at", "pk").values_list(
        "at", "kind", "alert_id", "alert__kind"
    ):
        is_end = kind == AlertEvent.Kind.RESOLVED
        sentence = (
            _("Alert #%(id)s ended at %(time)s: %(title)s.")
            if is_end
            else _("Alert #%(id)s began at %(time)s: %(title)s.")
        )
        named = {"id": alert_id, "title": words.get(code, code), "time": "%(time)s"}
        marks.append(AlertMark(at, is_end, sentence % named))
    return marks
