"""The region's clock differs from the center's."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("clock_skew", Family.CLOCK, Level.WARNING)
