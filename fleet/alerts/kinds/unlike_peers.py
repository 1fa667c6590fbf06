"""A model answers unlike the same version in other regions."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("unlike_peers", Family.PEERS, Level.WARNING)
