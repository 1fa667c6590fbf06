"""The region is reached, yet its newest data are too old."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("data_stale", Family.DATA, Level.WARNING, is_link=True)
