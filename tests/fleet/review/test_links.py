from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.review.links import Link, LinkState, PathState, link
from regions.evidence import Attempt
from regions.models import FailureKind
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
EVERY = 5 * MINUTE
EARLIER, JUST_NOW = NOW - 7 * MINUTE, NOW - timedelta(seconds=3)
OPEN = PathState("open", EARLIER, JUST_NOW)
REOPENED = PathState("open", JUST_NOW, JUST_NOW)
SHUT = PathState("closed", EARLIER, JUST_NOW, "refused")
OPENING = PathState("opening", JUST_NOW, JUST_NOW)
MUTE = PathState("open", EARLIER, NOW - 5 * MINUTE)
DIRECT = PathState()
GOOD = Attempt(NOW - MINUTE)
OLD = Attempt(NOW - 60 * MINUTE)
NEVER = Attempt()
LOST = Attempt(NOW - MINUTE, FailureKind.LINK, EARLIER, "no route")
BROKEN = Attempt(NOW - MINUTE, FailureKind.CONTRACT, EARLIER, "no column")
OURS = Attempt(NOW - MINUTE, FailureKind.CENTER, EARLIER, "a bug")


def lamp(paths: list[PathState], attempt: Attempt, *, is_offline: bool = False) -> Link:
    return link(paths, attempt, every=EVERY, is_offline=is_offline, now=NOW)


@pytest.mark.parametrize(
    ("paths", "attempt", "state"),
    [
        ([OPEN], GOOD, "open"),
        ([OPEN], NEVER, "open"),
        ([OPEN], LOST, "closed"),
        ([REOPENED], LOST, "open"),
        ([SHUT], GOOD, "closed"),
        ([SHUT, OPEN], GOOD, "open"),
        ([OPENING], GOOD, "open"),
        ([OPENING], NEVER, "unknown"),
        ([SHUT, DIRECT], GOOD, "open"),
        ([SHUT, DIRECT], NEVER, "unknown"),
        ([MUTE], GOOD, "open"),
        ([MUTE], OLD, "unknown"),
        ([DIRECT], GOOD, "open"),
        ([DIRECT], LOST, "closed"),
        ([DIRECT], BROKEN, "open"),
        ([DIRECT], OURS, "unknown"),
        ([DIRECT], OLD, "unknown"),
        ([DIRECT], NEVER, "unknown"),
        ([], NEVER, "missing"),
    ],
)
def test_it_believes_the_newest_evidence(paths, attempt, state):
    assert lamp(paths, attempt).state == state


def test_it_says_since_when_and_why_a_link_is_closed():
    assert lamp([DIRECT], LOST) == Link(LinkState.CLOSED, EARLIER, "no route")


def test_it_believes_the_keeper_about_a_closed_tunnel():
    assert lamp([SHUT], OLD) == Link(LinkState.CLOSED, EARLIER, "refused")


def test_it_needs_no_link_where_data_are_carried():
    assert lamp([], NEVER, is_offline=True).state == "carried"


def test_it_believes_a_failed_try_until_the_next_one_is_due():
    put_off = Attempt(NOW - 20 * MINUTE, FailureKind.LINK, EARLIER, "", NOW + MINUTE)

    assert lamp([DIRECT], put_off).state == "closed"
