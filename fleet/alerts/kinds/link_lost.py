"""The center reaches the region by none of its access paths."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "link_lost",
    Family.LINK,
    Level.WARNING,
    Measure.DURATION,
    _("No way into the region for %(score)s, limit %(limit)s."),
    is_link=True,
)
