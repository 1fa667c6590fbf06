"""When the fault is probably ours: a silent collector or keeper, or links lost together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from fleet.review.links import KEEPER_SILENT_AFTER, Link, LinkState, PathState
from regions import together
from regions.evidence import Attempt, collector_silent_since


class Cause(StrEnum):
    NEVER_COLLECTED = "never_collected"
    COLLECTOR_SILENT = "collector_silent"
    KEEPER_SILENT = "keeper_silent"
    LOST_TOGETHER = "lost_together"


@dataclass(frozen=True, slots=True)
class Blindness:
    """Why links cannot be judged. `lost` are the ids of regions whose links went together."""

    cause: Cause
    since: datetime | None = None
    lost: frozenset[int] = frozenset()
    n_links: int = 0


class Watched(NamedTuple):
    """What is known of one region that has a path."""

    paths: Sequence[PathState]
    attempt: Attempt
    every: timedelta


def silences(watched: Sequence[Watched], now: datetime) -> list[Blindness]:
    """Return which of our own processes has said nothing for too long."""
    if not watched:
        return []
    found = []
    if not any(w.attempt.at for w in watched):
        found.append(Blindness(Cause.NEVER_COLLECTED))
    if since := collector_silent_since([(w.attempt, w.every) for w in watched], now):
        found.append(Blindness(Cause.COLLECTOR_SILENT, since))
    seen = max((p.seen_at for w in watched for p in w.paths if p.seen_at), default=None)
    if seen and now - seen > KEEPER_SILENT_AFTER:
        found.append(Blindness(Cause.KEEPER_SILENT, seen))
    return found


def lost_together(links: Mapping[int, Link]) -> Blindness | None:
    """Return the links that were lost within ten minutes, if they are over a third of all."""
    losses = [
        together.Beginning(link.since, region)
        for region, link in links.items()
        if link.state is LinkState.CLOSED and link.since
    ]
    lost = together.lost_together(losses, len(links))
    if not lost:
        return None
    ids = frozenset(one.region_id for one in lost)
    return Blindness(Cause.LOST_TOGETHER, lost[0].at, ids, len(links))
