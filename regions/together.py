"""Whether what began in several regions began together, as what has one cause does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

TOGETHER = timedelta(minutes=10)
FEWEST_LOST = 3


@dataclass(frozen=True, slots=True, order=True)
class Beginning:
    """Since when something is so in a region."""

    at: datetime
    region_id: int


def together(beginnings: Sequence[Beginning], span: timedelta = TOGETHER) -> list[Beginning]:
    """Return, in their order, those of the most regions that lie within `span`, ends included."""
    ordered = sorted(beginnings)
    best: list[Beginning] = []
    first = 0
    for last, beginning in enumerate(ordered):
        while beginning.at - ordered[first].at > span:
            first += 1
        best = max(best, ordered[first : last + 1], key=_n_regions)
    return best


def lost_together(losses: Sequence[Beginning], n_links: int) -> list[Beginning]:
    """Return the losses within ten minutes of over a third of all links, three at least; or none.

    The fault is then probably ours.
    """
    lost = together(losses)
    enough = _n_regions(lost) >= FEWEST_LOST and _n_regions(lost) * 3 > n_links
    return lost if enough else []


def _n_regions(beginnings: Sequence[Beginning]) -> int:
    return len({one.region_id for one in beginnings})
