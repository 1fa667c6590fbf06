"""More or fewer studies come than is usual for such days."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "volume_shift",
    Family.VOLUME,
    Level.WARNING,
    Measure.SHARE,
    _("Studies come at %(score)s of the usual number, limit %(limit)s."),
)
