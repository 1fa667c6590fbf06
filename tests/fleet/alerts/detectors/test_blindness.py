"""A silent collector is one alert, judgement waits for it, and after the thaw comes no flood."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.alerts.detectors.blindness import judge_blindness
from fleet.alerts.detectors.watch import watch
from fleet.alerts.detectors.watched import watched
from fleet.alerts.lifecycle import is_frozen
from fleet.alerts.models import Alert, Message
from fleet.alerts.tasks import look
from regions.failures import Failure
from regions.models import FailureKind, Region, RegionStatus
from regions.models.region import Level
from regions.outcome import record_failure
from tests.builders import NOW, make_channel, make_path, make_region, make_status
from tests.fleet.alerts.detectors.test_watch import make_weeks

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
THAW = NOW + HOUR


@pytest.fixture
def regions(db: None) -> list[Region]:
    """Busy regions that were collected just now."""
    make_channel()
    made = [make_region(f"r{n}") for n in range(4)]
    for region in made:
        make_path(region)
        make_status(region)
        make_weeks(region, last=0)
    return made


def collect(regions: list[Region], moment: datetime) -> None:
    RegionStatus.objects.filter(region__in=regions).update(
        last_attempt_at=moment, last_success_at=moment, next_due_at=moment + 5 * MINUTE
    )
    RegionStatus.objects.filter(region__in=regions).update(
        failure="", failing_since=None, n_failures=0
    )


def standing() -> list[str]:
    return list(Alert.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_a_frozen_hour_makes_one_alert_and_no_flood(regions: list[Region]):
    watch(NOW)
    # Beat catches up: the rules run before anything was collected.
    said = [watch(THAW), watch(THAW + MINUTE)]
    blind = standing()
    collect(regions[1:], THAW + MINUTE)
    record_failure(regions[0], Failure(FailureKind.LINK, "The tunnel broke."), THAW + MINUTE)
    watch(THAW + 2 * MINUTE)
    collect(regions, THAW + 3 * MINUTE)
    watch(THAW + 4 * MINUTE)

    assert set(said) == {"Our collector is silent: nothing is judged."}
    assert (blind, standing()) == (["collector_blind"], [])
    assert (Alert.objects.count(), Message.objects.count()) == (1, 1)


def test_it_says_since_when_nothing_was_collected(regions: list[Region]):
    judge_blindness(watched(), THAW)

    assert Alert.objects.get().opened_at == RegionStatus.objects.first().last_attempt_at
    assert is_frozen()


def test_one_region_that_is_collected_is_enough(regions: list[Region]):
    collect(regions[:1], THAW)

    assert not judge_blindness(watched(), THAW)
    assert standing() == []


def test_it_expects_no_collector_where_all_is_carried(db: None):
    make_status(make_region(level=Level.OFFLINE), last_attempt_at=NOW - 9 * HOUR)

    assert not judge_blindness(watched(), NOW)


def test_links_lost_together_stay_one_cause_though_the_collector_speaks(regions: list[Region]):
    for n in range(2):
        at = NOW + n * MINUTE
        for region in regions[1:]:
            record_failure(region, Failure(FailureKind.LINK, "No route."), at)
        collect(regions[:1], at)
    watch(NOW + 2 * MINUTE)
    watch(NOW + 3 * MINUTE)

    assert sorted(standing()) == ["collector_blind", *["link_lost"] * 3]


def test_a_worker_that_does_not_collect_looks(regions: list[Region]):
    # Long ago by the true clock, too.
    assert look() == "Our collector is silent."
    assert standing() == ["collector_blind"]
