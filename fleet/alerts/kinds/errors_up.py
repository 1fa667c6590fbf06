"""More studies fail than usual."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("errors_up", Family.ERRORS, Level.FAILING)
