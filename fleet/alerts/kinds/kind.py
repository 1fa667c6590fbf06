"""What is the same in all alerts of a kind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


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


class Measure(StrEnum):
    """What the score and the limit of a kind's findings are."""

    SHARE = "share"  # 0 to 1, or more than 1 of what is usual
    DURATION = "duration"  # seconds
    COUNT = "count"
    SCORE = "score"  # without a unit


@dataclass(frozen=True, slots=True)
class Kind:
    """`sentence` tells a finding: %(score)s, %(limit)s, %(attribute)s; in messages, at most twelve
    words. `is_link`: the alert ends at the first clear answer, not after days."""

    code: str
    family: Family
    level: Level
    measure: Measure
    sentence: StrPromise
    is_link: bool = False
