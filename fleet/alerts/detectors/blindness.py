"""Whether our own collector is silent, so that nothing can be said of the regions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.lifecycle import is_frozen, lose_sight, regain_sight
from regions.evidence import collector_silent_since


def judge_blindness(regions: Sequence[Watched], now: datetime) -> bool:
    """Open the alert of a silent collector, or end it; return whether it is silent."""
    tries = [(one.attempt, one.region.collect_every) for one in regions if one.has_path]
    since = collector_silent_since(tries, now)
    if since:
        lose_sight(since, now)
    elif is_frozen():
        regain_sight(now)
    return since is not None
