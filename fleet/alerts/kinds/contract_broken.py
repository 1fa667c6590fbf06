"""The region's tables are not what the contract says."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "contract_broken",
    Family.CONTRACT,
    Level.FAILING,
    Measure.COUNT,
    _("Faults of the tables against the contract: %(score)s, limit %(limit)s."),
)
