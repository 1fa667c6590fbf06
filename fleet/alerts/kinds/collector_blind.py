"""So many regions are lost at once that the fault is ours."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "collector_blind",
    Family.COLLECTOR,
    Level.FAILING,
    Measure.COUNT,
    _("Regions lost at once: %(score)s, limit %(limit)s."),
    is_link=True,
)
