"""The faults that a running demo can be given by one command, and what comes of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from fleet.demo.sham import ShamRegion
from regions.localday import day_bounds, local_day

DAY = timedelta(days=1)


class Back(Enum):
    """How far back rows are rewritten, so that the rule has enough to speak at once."""

    LAST_DAY = "the last 24 hours"
    CLOSED_DAY = "yesterday and today"
    NINE_DAYS = "the last nine days"

    def since(self, now: datetime, sham: ShamRegion) -> datetime:
        """Return the moment from which on studies are rewritten."""
        if self is Back.LAST_DAY:
            return now - DAY
        days = 1 if self is Back.CLOSED_DAY else 9
        return day_bounds(local_day(now, sham.clock) - days * DAY, sham.clock)[0]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault, the kind of the alert that it must open, and what a person sees of it."""

    name: str
    kind: str
    back: Back
    happens: str
    shows: str
    fewest_peers: int = 0


SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "zero_tensor",
            "outputs_identical",
            Back.LAST_DAY,
            "The last GPU node gives cxr-net zeros instead of images: one answer to every study.",
            "“A model answers the same to different studies”, with the node and the version.",
        ),
        Scenario(
            "new_scanner",
            "new_category",
            Back.CLOSED_DAY,
            "Four in ten X-rays come from a scanner of a vendor that was never there.",
            "“Something came in that was never seen before”.",
        ),
        Scenario(
            "exposure",
            "input_drift",
            Back.CLOSED_DAY,
            "All scanners expose nearly twice as long.",
            "“What comes in differs from before”, with the attribute that moved.",
        ),
        Scenario(
            "inverted",
            "class_collapse",
            Back.CLOSED_DAY,
            "Black and white change places in six of ten images, and the models see illness.",
            "“A model gives a class far more or less often than before”.",
        ),
        Scenario(
            "garbage",
            "new_category",
            Back.CLOSED_DAY,
            "Three in ten X-rays are hands, skulls and knees, which cxr-net does not know.",
            "“Something came in that was never seen before”.",
        ),
        Scenario(
            "silence",
            "region_silent",
            Back.LAST_DAY,
            "No study has come for 24 hours, and none comes.",
            "“No studies come in”.",
        ),
        Scenario(
            "slow",
            "latency_up",
            Back.CLOSED_DAY,
            "Every answer takes half an hour to an hour longer.",
            "“Answers take longer than usual”.",
        ),
        Scenario(
            "errors",
            "errors_up",
            Back.CLOSED_DAY,
            "Nearly half of the studies fail for want of memory.",
            "“More studies fail than usual”.",
        ),
        Scenario(
            "peer_odd",
            "unlike_peers",
            Back.NINE_DAYS,
            "cxr-net finds nodules in half of the studies, as it does in no other region.",
            "“A model answers unlike the same version elsewhere”.",
            fewest_peers=5,
        ),
    )
}
