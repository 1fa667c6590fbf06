"""Answers take longer than usual."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "latency_up",
    Family.LATENCY,
    Level.WARNING,
    Measure.SHARE,
    _("%(score)s of the answers are slow, limit %(limit)s."),
)
