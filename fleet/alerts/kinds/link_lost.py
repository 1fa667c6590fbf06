"""The center reaches the region by none of its access paths."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("link_lost", Family.LINK, Level.WARNING, is_link=True)
