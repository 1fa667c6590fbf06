"""A model gives one class far more or less often than it did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "class_collapse",
    Family.OUTPUTS,
    Level.FAILING,
    Measure.SHARE,
    _("%(attribute)s is in %(score)s of the answers, limit %(limit)s."),
)
