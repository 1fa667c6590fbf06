"""What comes in differs from the region's own past."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("input_drift", Family.INPUTS, Level.WARNING)
