"""No studies come in hours in which the region usually works."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "region_silent",
    Family.VOLUME,
    Level.FAILING,
    Measure.DURATION,
    _("No studies for %(score)s, limit %(limit)s."),
)
