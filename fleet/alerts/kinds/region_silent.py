"""No studies come in hours in which the region usually works."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("region_silent", Family.VOLUME, Level.FAILING)
