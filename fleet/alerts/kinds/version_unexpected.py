"""A model version runs that was not announced."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "version_unexpected",
    Family.VERSION,
    Level.WARNING,
    Measure.SHARE,
    _("A version not announced gives %(score)s of answers, limit %(limit)s."),
)
