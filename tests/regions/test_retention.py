from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet.clock import now
from regions.collect import collect
from regions.models import Collection, HourlyRollup, Region
from regions.retention import prune
from tests.rig.region_database import RegionDatabase
from tests.rig.rollups import HOURLY_TABLES, kept_rollups

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NOW = now()
LATER = NOW + timedelta(days=20)
HOURLY = [table.__name__ for table in HOURLY_TABLES]


@pytest.fixture
def region(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> Region:
    """A region with rows of 80 days ago and of today, collected NOW."""
    database = region_database()
    for age in (timedelta(days=80), timedelta(hours=1)):
        database.insert_study(NOW - age, scores=[0.5])
        database.insert_rejection(NOW - age)
    region = make_region(database)
    collect(region, NOW)
    return region


def test_it_prunes_old_hours_and_keeps_all_days(region: Region) -> None:
    before = kept_rollups(region)

    n_rows = prune(LATER)

    after = kept_rollups(region)
    assert n_rows == 4
    assert [len(after[name]) for name in HOURLY] == [1, 1, 1, 1]
    assert all(after[name] == before[name] for name in before if name not in HOURLY)


def test_it_keeps_what_a_sweep_would_look_at(region: Region) -> None:
    prune(NOW)

    assert HourlyRollup.objects.count() == 2
    assert Collection.objects.count() == 1


def test_it_leaves_old_days_to_themselves_when_a_sweep_follows(region: Region) -> None:
    before = kept_rollups(region)
    prune(LATER)

    run = collect(region, LATER, is_sweep=True)

    assert run.n_hours_replaced == 0
    assert kept_rollups(region)["DailyRollup"] == before["DailyRollup"]
    assert kept_rollups(region)["DailyScore"] == before["DailyScore"]


def test_it_prunes_old_runs(region: Region) -> None:
    prune(NOW + timedelta(days=93))

    assert not Collection.objects.exists()
