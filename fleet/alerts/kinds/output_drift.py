"""What a model answers differs from its own past in the region."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "output_drift",
    Family.OUTPUTS,
    Level.WARNING,
    Measure.SCORE,
    _("Answers differ from before, %(attribute)s: score %(score)s, limit %(limit)s."),
)
