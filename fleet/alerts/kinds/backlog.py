"""Studies wait for an answer, and their number grows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "backlog",
    Family.LATENCY,
    Level.FAILING,
    Measure.COUNT,
    _("Studies that wait for an answer: %(score)s, limit %(limit)s."),
)
