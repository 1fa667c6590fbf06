"""Limits that widen for small numbers, so that the chances of a few studies alarm nobody. Pure."""

from __future__ import annotations

from math import sqrt

from fleet.review.usual import Usual

# A share may double before anybody cares.
TIMES_USUAL = 2
# A number of studies as near as this to the usual one is usual, however narrow the band.
NEAR_SHARE = 0.30
# So many standard deviations are chance.
CHANCE = 3


def share_limit(floor: float, usual: float | None, n: int) -> float:
    """Return above what a share of n must lie to be more than usual and more than chance.

    It is never below `floor`; where nothing is known, half of that is taken for usual.
    """
    expected = max(usual or 0.0, floor / TIMES_USUAL)
    chance = CHANCE * sqrt(max(expected * (1 - expected), 0.0) / n)
    return max(expected * TIMES_USUAL, expected + chance)


def volume_limits(usual: Usual, low: float, high: float) -> tuple[float, float]:
    """Return between which numbers of studies a day is usual: the band, and what is near."""
    near = max(usual.n_received * NEAR_SHARE, CHANCE * sqrt(usual.n_received))
    return min(low, usual.n_received - near), max(high, usual.n_received + near)
