"""A value came in that was never seen: a new scanner, a new sender."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "new_category",
    Family.INPUTS,
    Level.WARNING,
    Measure.SHARE,
    _("%(attribute)s never seen before in %(score)s of studies, limit %(limit)s."),
)
