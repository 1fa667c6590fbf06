"""When the fault is probably ours: a silent collector or keeper, or links lost together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fleet.review.links import KEEPER_SILENT_AFTER, Attempt, Link, LinkState, PathState

TOGETHER = timedelta(minutes=10)
FEWEST_LOST = 3


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


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one region that has a path."""

    paths: Sequence[PathState]
    attempt: Attempt
    every: timedelta


def silences(watched: Sequence[Watched], now: datetime) -> list[Blindness]:
    """Return which of our own processes has said nothing for too long."""
    if not watched:
        return []
    found = []
    last = max((w.attempt.at for w in watched if w.attempt.at), default=None)
    if last is None:
        found.append(Blindness(Cause.NEVER_COLLECTED))
    elif not any(w.attempt.is_recent(now, w.every) for w in watched):
        found.append(Blindness(Cause.COLLECTOR_SILENT, last))
    seen = max((p.seen_at for w in watched for p in w.paths if p.seen_at), default=None)
    if seen and now - seen > KEEPER_SILENT_AFTER:
        found.append(Blindness(Cause.KEEPER_SILENT, seen))
    return found


def lost_together(links: Mapping[int, Link]) -> Blindness | None:
    """Return the links that were lost within ten minutes, if they are over a third of all."""
    lost = sorted(
        (link.since, region)
        for region, link in links.items()
        if link.state is LinkState.CLOSED and link.since
    )
    best: list[tuple[datetime, int]] = []
    first = 0
    for last, (since, _region) in enumerate(lost):
        while since - lost[first][0] > TOGETHER:
            first += 1
        if last + 1 - first > len(best):
            best = lost[first : last + 1]
    if len(best) < FEWEST_LOST or len(best) * 3 <= len(links):
        return None
    return Blindness(
        Cause.LOST_TOGETHER, best[0][0], frozenset(region for _, region in best), len(links)
    )
