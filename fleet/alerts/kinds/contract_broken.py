"""The region's tables are not what the contract says."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("contract_broken", Family.CONTRACT, Level.FAILING)
