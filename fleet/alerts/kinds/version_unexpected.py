"""A model version runs that was not announced."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("version_unexpected", Family.VERSION, Level.WARNING)
