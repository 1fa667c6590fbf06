"""Studies wait for an answer, and their number grows."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("backlog", Family.LATENCY, Level.FAILING)
