"""The region's clock differs from the center's."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "clock_skew",
    Family.CLOCK,
    Level.WARNING,
    Measure.DURATION,
    _("The region's clock is off by %(score)s, limit %(limit)s."),
)
