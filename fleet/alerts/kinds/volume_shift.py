"""More or fewer studies come than is usual for such days."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("volume_shift", Family.VOLUME, Level.WARNING)
