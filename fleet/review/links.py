"""The link lamp: can a region be reached now, judged by the newest evidence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from regions.evidence import UNREACHED, Attempt
from regions.models import TunnelState

# The tunnel keeper speaks many times within this time.
KEEPER_SILENT_AFTER = timedelta(minutes=2)


class LinkState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    CARRIED = "carried"
    MISSING = "missing"


class PathState(NamedTuple):
    """One enabled way in and what the keeper last said of it; None for a direct path."""

    tunnel: str | None = None
    since: datetime | None = None
    seen_at: datetime | None = None
    sentence: str = ""

    def speaks(self, now: datetime) -> bool:
        return self.seen_at is not None and now - self.seen_at <= KEEPER_SILENT_AFTER


class Link(NamedTuple):
    """A lamp; `since` and `sentence` tell when and why it was lost, as far as anyone knows."""

    state: LinkState
    since: datetime | None = None
    sentence: str = ""


def link(
    paths: Sequence[PathState],
    attempt: Attempt,
    *,
    every: timedelta,
    is_offline: bool,
    now: datetime,
) -> Link:
    """Return the link's state: the keeper's word where it speaks, else the last collection's.

    A tunnel that opened after a failed attempt is open; an open tunnel behind which the region
    did not answer is closed. Old evidence is none.
    """
    if not paths:
        return Link(LinkState.CARRIED if is_offline else LinkState.MISSING)
    tried = attempt if attempt.speaks(now, every) else None
    heard = [path for path in paths if path.speaks(now)]
    opened = [p for p in heard if p.tunnel == TunnelState.State.OPEN]
    if tried and tried.failure in UNREACHED:
        renewed = [p.since for p in opened if p.since and tried.at and p.since > tried.at]
        if renewed:
            return Link(LinkState.OPEN, max(renewed))
        return Link(LinkState.CLOSED, tried.failing_since or tried.at, tried.sentence)
    if opened:
        return Link(LinkState.OPEN, min(p.since for p in opened if p.since))
    shut = [p for p in heard if p.tunnel == TunnelState.State.CLOSED]
    if len(shut) == len(paths):
        return _closed_tunnel(shut)
    return Link(LinkState.OPEN) if tried else Link(LinkState.UNKNOWN, attempt.at)


def _closed_tunnel(shut: Sequence[PathState]) -> Link:
    last = max(shut, key=lambda path: (path.since is not None, path.since))
    return Link(LinkState.CLOSED, last.since, last.sentence)
