"""A model answers unlike the same version in other regions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fleet.alerts.kinds.kind import Family, Kind, Level, Measure

KIND = Kind(
    "unlike_peers",
    Family.PEERS,
    Level.WARNING,
    Measure.SCORE,
    _("Unlike the same version elsewhere: score %(score)s, limit %(limit)s."),
)
