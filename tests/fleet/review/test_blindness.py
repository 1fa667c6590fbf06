from __future__ import annotations

from datetime import timedelta

from fleet.review.blindness import Watched, lost_together, silences
from fleet.review.links import Link, LinkState, PathState
from regions.evidence import Attempt
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
OPEN = Link(LinkState.OPEN)


def watched(tried: timedelta | None, seen: timedelta) -> Watched:
    return Watched(
        [PathState("open", NOW, NOW - seen)],
        Attempt(NOW - tried) if tried is not None else Attempt(),
        5 * MINUTE,
    )


def lost(minutes: int) -> Link:
    return Link(LinkState.CLOSED, NOW - minutes * MINUTE)


def causes(*regions: Watched) -> list[str]:
    return [blind.cause.value for blind in silences(regions, NOW)]


def test_it_hears_a_working_collector_and_keeper():
    assert causes(watched(MINUTE, MINUTE), watched(20 * MINUTE, MINUTE)) == []


def test_it_notices_a_silent_collector():
    assert causes(watched(16 * MINUTE, MINUTE)) == ["collector_silent"]


def test_it_notices_a_silent_keeper():
    assert causes(watched(MINUTE, 3 * MINUTE)) == ["keeper_silent"]


def test_it_notices_a_collector_that_never_ran():
    assert causes(watched(None, MINUTE)) == ["never_collected"]


def test_it_expects_no_collector_without_paths():
    assert causes() == []


def test_it_suspects_us_when_over_a_third_is_lost_at_once():
    links = {1: lost(1), 2: lost(5), 3: lost(11), **dict.fromkeys(range(4, 9), OPEN)}

    assert lost_together(links).lost == {1, 2, 3}


def test_it_does_not_suspect_us_for_a_third():
    links = {1: lost(1), 2: lost(5), 3: lost(11), **dict.fromkeys(range(4, 10), OPEN)}

    assert lost_together(links) is None


def test_it_does_not_suspect_us_when_links_are_lost_one_by_one():
    assert lost_together({1: lost(1), 2: lost(9), 3: lost(13), 4: OPEN}) is None


def test_it_does_not_suspect_us_for_two():
    assert lost_together({1: lost(1), 2: lost(1), 3: OPEN}) is None
