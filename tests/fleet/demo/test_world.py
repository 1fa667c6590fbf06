"""What the simulator invents: the same for the same seed, and lively enough to judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.demo.rhythm import expected_arrivals, hour_start, hours_between
from fleet.demo.sham import ShamRegion, Shape
from fleet.demo.story import Garbage, Story
from fleet.demo.world import LONGEST_STORY, World

WEDNESDAY = datetime(2026, 3, 4, tzinfo=UTC)
SHAM = ShamRegion("alpha", "Alpha", "UTC", seed=5, studies_per_day=1500)


def invent(sham: ShamRegion = SHAM, hours: int = 24) -> list[Story]:
    """Return the studies of the day before the history's end."""
    world = World(sham, WEDNESDAY + timedelta(hours=hours))
    events = (e for n in range(hours) for e in world.hour(WEDNESDAY + timedelta(hours=n)))
    return [event for event in events if isinstance(event, Story)]


def scores(sham: ShamRegion, node: int) -> list[float]:
    return [
        one.prob
        for story in invent(sham)
        for attempt in story.attempts
        if attempt.node == node
        for one in attempt.findings
        if one.label == "malignant_mass"
    ]


def mean_index(sham: ShamRegion) -> float:
    studies = [s for s in invent(sham) if s.service.family == "DX" and s.acquisition.index]
    first = World(sham, WEDNESDAY).scanners["DX"][0].model
    found = [s.acquisition.index or 0 for s in studies if s.scanner.model is first]
    return sum(found) / len(found)


def test_it_invents_the_same_for_the_same_seed() -> None:
    assert invent() == invent()


def test_it_invents_something_else_for_another_seed() -> None:
    other = ShamRegion("alpha", "Alpha", "UTC", seed=6, studies_per_day=1500)
    assert [s.received_at for s in invent()] != [s.received_at for s in invent(other)]


@pytest.mark.parametrize(
    "happens",
    [
        lambda s: s.written_at > s.received_at + timedelta(hours=1),
        lambda s: s.correction is not None,
        lambda s: s.correction is not None and s.correction.received_at < s.received_at,
        lambda s: len(s.attempts) > 1,
        lambda s: s.attempts[-1].outcome == "failed",
        lambda s: s.attempts[-1].outcome == "timeout",
        lambda s: s.attempts[-1].outcome == "rejected",
        lambda s: s.attempts[-1].fallback == "cpu",
        lambda s: s.attempts[-1].fallback == "resize",
    ],
)
def test_it_happens_within_two_days_of_a_busy_region(happens: Any) -> None:
    assert any(happens(story) for story in invent(hours=48))


def test_it_ends_each_story_in_time() -> None:
    assert all(s.moments()[-1] - s.received_at < LONGEST_STORY for s in invent(hours=48))


def test_it_refuses_garbage() -> None:
    events = World(SHAM, WEDNESDAY).hour(WEDNESDAY + timedelta(hours=10))
    assert any(isinstance(event, Garbage) for event in events)


def test_it_hears_the_same_from_a_broken_node() -> None:
    broken = ShamRegion("alpha", "Alpha", "UTC", seed=5, studies_per_day=1500, silent_bug=True)
    assert len(set(scores(broken, node=2))) <= 3
    assert len(set(scores(broken, node=0))) > 100


def test_it_shifts_the_input_of_one_scanner_model() -> None:
    shifted = ShamRegion("alpha", "Alpha", "UTC", seed=5, studies_per_day=1500, input_shift=True)
    assert mean_index(shifted) / mean_index(SHAM) == pytest.approx(1.4, abs=0.05)


def test_it_rests_on_sundays_and_at_night() -> None:
    wednesday = expected_arrivals(WEDNESDAY + timedelta(hours=10), SHAM)
    assert expected_arrivals(WEDNESDAY + timedelta(days=4, hours=10), SHAM) < wednesday / 4
    assert expected_arrivals(WEDNESDAY + timedelta(hours=3), SHAM) < wednesday / 10


def test_it_begins_hours_by_the_regions_clock() -> None:
    nepal = ShamRegion("bagmati", "Bagmati", "Asia/Kathmandu")
    assert hour_start(WEDNESDAY, nepal) == WEDNESDAY - timedelta(minutes=45)
    assert len(list(hours_between(WEDNESDAY, WEDNESDAY + timedelta(days=1), nepal))) == 25


def test_it_comes_back_from_json_as_it_was() -> None:
    sham = ShamRegion("alpha", "Alpha", "UTC", shape=Shape.JOURNAL, silent_bug=True)
    assert ShamRegion.from_json(sham.as_json()) == sham


def test_it_shows_an_attempt_as_far_as_it_has_come() -> None:
    story = next(s for s in invent() if s.attempts[-1].outcome == "done")
    last = story.attempts[-1]
    waiting, working = last.at(last.queued_at), last.at(last.started_at)
    assert (waiting.outcome, working.outcome) == ("queued", "running")
    assert waiting.findings == working.findings == []
