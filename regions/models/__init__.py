"""What the center knows of its regions: configuration, state and rollups."""

from __future__ import annotations

from regions.foreign import UnionPrediction, UnionProcessing, UnionStudy
from regions.models.calendar import CalendarException
from regions.models.collection import Collection, FailureKind, RegionStatus
from regions.models.path import AccessPath, SshHop, TunnelState
from regions.models.region import Region
from regions.models.rollups import (
    DailyCategory,
    DailyInput,
    DailyRollup,
    DailyScore,
    HourlyCause,
    HourlyFlow,
    HourlyOutput,
    HourlyRollup,
)
from regions.models.union import UnionCoverage

__all__ = [
    "AccessPath",
    "CalendarException",
    "Collection",
    "DailyCategory",
    "DailyInput",
    "DailyRollup",
    "DailyScore",
    "FailureKind",
    "HourlyCause",
    "HourlyFlow",
    "HourlyOutput",
    "HourlyRollup",
    "Region",
    "RegionStatus",
    "SshHop",
    "TunnelState",
    "UnionCoverage",
    "UnionPrediction",
    "UnionProcessing",
    "UnionStudy",
]
