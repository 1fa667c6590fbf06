"""A model answers the same to different studies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "outputs_identical",
    Family.OUTPUTS,
    Level.FAILING,
    Measure.SHARE,
    _("%(score)s of the answers are the same, limit %(limit)s."),
)
