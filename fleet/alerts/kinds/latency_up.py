"""Answers take longer than usual."""

from __future__ import annotations

from fleet.alerts.kinds.kind import Family, Kind, Level

KIND = Kind("latency_up", Family.LATENCY, Level.WARNING)
