"""A sham region: what the simulator must know to invent its studies and to write them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class Shape(StrEnum):
    """The layout of the region's native tables."""

    JOURNAL = "journal"
    TABLES = "tables"


@dataclass(frozen=True)
class ShamRegion:
    """One invented region. The same seed invents the same studies.

    `failure_rate`: share of studies that fail for good; as many attempts fail only once.

    `silent_bug`: since the day before its history was filled, the last GPU node gives nearly
    constant scores. `input_shift`: for five days one scanner model exposes more than it did.
    `is_failing`: since two days before, nearly half of the studies fail.
    """

    code: str
    name: str
    zone: str
    level: int = 2
    shape: Shape = Shape.TABLES
    studies_per_day: int = 800
    seed: int = 0
    n_nodes: int = 3
    failure_rate: float = 0.02
    silent_bug: bool = False
    input_shift: bool = False
    is_failing: bool = False

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ShamRegion:
        return cls(**{**values, "shape": Shape(values.get("shape", Shape.TABLES))})
