"""The center reaches the region by none of its access paths."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "link_lost",
    Family.LINK,
    Level.WARNING,
    Measure.COUNT,
    _("%(score)s collections in a row did not reach the region, limit %(limit)s."),
    is_link=True,
)
