"""A value came in that was never seen: a new scanner, a new sender."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("new_category", Family.INPUTS, Level.WARNING)
