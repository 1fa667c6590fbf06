"""When alerts of several regions have one cause. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from regions.together import Beginning, together

FEWEST_AT_ONCE = 4
ON_A_VERSION = timedelta(days=2)
FEWEST_ON_A_VERSION = 2


def at_once(openings: Sequence[Beginning]) -> frozenset[int]:
    """Return the regions in which one kind began within ten minutes, if they are four or more."""
    regions = _regions(together(openings))
    return regions if len(regions) >= FEWEST_AT_ONCE else frozenset()


def on_a_version(openings: Sequence[Beginning], n_regions: int) -> frozenset[int]:
    """Return the regions in which one kind began within two days, if they are at least half of the
    `n_regions` that run the version, and more than one."""
    regions = _regions(together(openings, ON_A_VERSION))
    enough = len(regions) >= FEWEST_ON_A_VERSION and len(regions) * 2 >= n_regions
    return regions if enough else frozenset()


def _regions(openings: Sequence[Beginning]) -> frozenset[int]:
    return frozenset(one.region_id for one in openings)
