"""What the collector itself says of a region: its link, its data's age, its contract, its clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.models import Finding
from regions.evidence import NO_EVIDENCE, UNREACHED
from regions.models import FailureKind
from regions.models.region import Level

# One failed collection may be chance.
MISSED = 2
SKEW_LIMIT = timedelta(seconds=60)


def is_tried(one: Watched, now: datetime) -> bool:
    """Return whether the collector tried the region lately, so that its word counts."""
    return one.attempt.is_recent(now, one.region.collect_every)


def links_lost(regions: Sequence[Watched], now: datetime) -> list[Finding]:
    """Return the regions that two collections in a row did not reach; the score counts them."""
    return [
        one.finding(
            "link_lost",
            one.status.failing_since,
            score=one.status.n_failures,
            limit=MISSED,
            detail=one.status.sentence,
        )
        for one in regions
        if one.status.failing_since and _is_lost(one) and one.status.n_failures >= MISSED
        if is_tried(one, now)
    ]


def links_held(regions: Sequence[Watched], now: datetime) -> list[int]:
    """Return the ids of the regions that the last collection reached."""
    return [
        one.id
        for one in regions
        if is_tried(one, now) and not _is_lost(one) and one.status.failure not in NO_EVIDENCE
    ]


def stale(regions: Sequence[Watched], now: datetime) -> list[Finding]:
    """Return the regions whose newest data are older than they may be; the score is in seconds."""
    return [
        one.finding(
            "data_stale",
            one.known_as_of,
            score=(now - one.known_as_of).total_seconds(),
            limit=one.region.stale_after.total_seconds(),
        )
        for one in regions
        if one.known_as_of and now - one.known_as_of > one.region.stale_after
        if is_tried(one, now) or _is_carried(one)
    ]


def fresh(regions: Sequence[Watched], now: datetime) -> list[int]:
    """Return the ids of the regions whose data are young enough."""
    return [
        one.id
        for one in regions
        if one.known_as_of and now - one.known_as_of <= one.region.stale_after
    ]


def contracts_broken(regions: Sequence[Watched]) -> list[Finding]:
    """Return the regions whose tables are not what the contract says."""
    return [
        one.finding("contract_broken", one.status.failing_since, detail=one.status.sentence)
        for one in regions
        if one.status.failure == FailureKind.CONTRACT and one.status.failing_since
    ]


def clocks_off(regions: Sequence[Watched]) -> list[Finding]:
    """Return the regions whose clock is off by more than a minute; one finding a local day."""
    found = []
    for one in regions:
        skew = one.status.clock_skew_s
        if skew is None or one.known_as_of is None or abs(skew) <= SKEW_LIMIT.total_seconds():
            continue
        if begins_at := one.judged_from(one.day):
            limit = SKEW_LIMIT.total_seconds()
            found.append(one.finding("clock_skew", begins_at, score=abs(skew), limit=limit))
    return found


def _is_lost(one: Watched) -> bool:
    return one.has_path and one.status.failure in UNREACHED


def _is_carried(one: Watched) -> bool:
    return not one.has_path and one.region.level == Level.OFFLINE
