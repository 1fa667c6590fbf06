"""A model answers the same to different studies."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("outputs_identical", Family.OUTPUTS, Level.FAILING)
