"""The region is reached, yet its newest data are too old."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "data_stale",
    Family.DATA,
    Level.WARNING,
    Measure.DURATION,
    _("The newest data are %(score)s old, limit %(limit)s."),
    is_link=True,
)
