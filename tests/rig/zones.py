"""Time zones that put a region's clock where a test needs it."""

from __future__ import annotations

from datetime import datetime


def zone_where_it_is(hour: int, moment: datetime) -> str:
    """Return a zone in which the local time is `hour` o'clock and some minutes at `moment`."""
    west = (moment.hour - hour + 12) % 24 - 12
    return f"Etc/GMT{west:+d}"
