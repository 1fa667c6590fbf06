"""When alerts of several regions have one cause. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

AT_ONCE = timedelta(minutes=10)
FEWEST_AT_ONCE = 4
ON_A_VERSION = timedelta(days=2)
FEWEST_ON_A_VERSION = 2
FEWEST_LOST = 3


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """An alert of one region, opened at a time."""

    at: datetime
    region_id: int


def largest_within(openings: Sequence[Opening], span: timedelta) -> frozenset[int]:
    """Return the most regions whose openings lie within `span`, its ends included."""
    ordered = sorted(openings)
    best: frozenset[int] = frozenset()
    first = 0
    for last, opening in enumerate(ordered):
        while opening.at - ordered[first].at > span:
            first += 1
        regions = frozenset(one.region_id for one in ordered[first : last + 1])
        best = max(best, regions, key=len)
    return best


def at_once(openings: Sequence[Opening]) -> frozenset[int]:
    """Return the regions in which one kind began within ten minutes, if they are four or more."""
    regions = largest_within(openings, AT_ONCE)
    return regions if len(regions) >= FEWEST_AT_ONCE else frozenset()


def on_a_version(openings: Sequence[Opening], n_regions: int) -> frozenset[int]:
    """Return the regions in which one kind began within two days, if they are at least half of the
    `n_regions` that run the version, and more than one."""
    regions = largest_within(openings, ON_A_VERSION)
    enough = len(regions) >= FEWEST_ON_A_VERSION and len(regions) * 2 >= n_regions
    return regions if enough else frozenset()


def lost_at_once(openings: Sequence[Opening], n_regions: int) -> frozenset[int]:
    """Return the regions lost within ten minutes, if they are over a third of the fleet."""
    regions = largest_within(openings, AT_ONCE)
    enough = len(regions) >= FEWEST_LOST and len(regions) * 3 > n_regions
    return regions if enough else frozenset()
