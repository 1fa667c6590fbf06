"""The time zones of regions, as far as this system knows them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

log = logging.getLogger(__name__)


def known_zones(names: Iterable[str]) -> dict[str, ZoneInfo]:
    """Return the zones by name; those that are not known any more are logged and left out."""
    zones = {}
    for name in names:
        try:
            zones[name] = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            log.error("the time zone %s is not known here: update tzdata", name)
    return zones
