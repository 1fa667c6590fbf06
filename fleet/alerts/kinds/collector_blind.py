"""So many regions are lost at once that the fault is ours."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("collector_blind", Family.COLLECTOR, Level.FAILING, is_link=True)
