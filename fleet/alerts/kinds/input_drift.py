"""What comes in differs from the region's own past."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "input_drift",
    Family.INPUTS,
    Level.WARNING,
    Measure.SCORE,
    _("%(attribute)s differs from before: score %(score)s, limit %(limit)s."),
)
