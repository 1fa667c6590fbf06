"""More studies fail than usual."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "errors_up",
    Family.ERRORS,
    Level.FAILING,
    Measure.SHARE,
    _("%(score)s of the studies fail, limit %(limit)s."),
)
