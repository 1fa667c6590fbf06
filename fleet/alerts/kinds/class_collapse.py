"""A model gives one class far more or less often than it did."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("class_collapse", Family.OUTPUTS, Level.FAILING)
