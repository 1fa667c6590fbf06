"""What is the same in all alerts of a kind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """Kinds of one family have one cause: a region has one alert for them."""

    LINK = "link"
    DATA = "data"
    VOLUME = "volume"
    ERRORS = "errors"
    LATENCY = "latency"
    INPUTS = "inputs"
    OUTPUTS = "outputs"
    PEERS = "peers"
    VERSION = "version"
    CLOCK = "clock"
    CONTRACT = "contract"
    COLLECTOR = "collector"


class Level(StrEnum):
    FAILING = "failing"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Kind:
    """`is_link`: the alert ends at the first clear answer, not after days."""

    code: str
    family: Family
    level: Level
    is_link: bool = False
