"""Days of 23, 24 and 25 hours, from a row in the region to the day on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from fleet.clock import now
from regions.collect import collect
from regions.localday import day_bounds, day_hours
from regions.models import DailyCategory, DailyRollup, HourlyRollup, Region
from tests.rig.region_database import RegionDatabase
from tests.rig.rollup_truth import expected_rollups
from tests.rig.rollups import differences, kept_rollups

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NOW = now()
HALF_AN_HOUR = timedelta(minutes=30)
STEADY = ("Asia/Kamchatka", "Europe/Kaliningrad", "Asia/Kathmandu")
# Havana's midnight is skipped in spring and comes twice in autumn; Cairo and Beirut skip it too.
CHANGING = ("America/St_Johns", "America/Havana", "Africa/Cairo", "Asia/Beirut")


def last_days(name: str) -> dict[float, date]:
    """Return the last past day of each length in hours, found by asking the zone at every turn."""
    zone = ZoneInfo(name)
    past = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(days=4)
    counts = Counter((past - n * HALF_AN_HOUR).astimezone(zone).date() for n in range(390 * 48))
    whole = sorted(counts)[1:-1]
    return {counts[day] / 2: day for day in whole}


CASES = [(zone, day, int(n)) for zone in STEADY for n, day in last_days(zone).items()] + [
    (zone, day, int(n)) for zone in CHANGING for n, day in last_days(zone).items() if n != 24
]


@pytest.fixture
def collect_days(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> Callable[[str, date], list[str]]:
    """Return a function that plants rows each half hour of three days and collects them."""

    def plant_and_collect(time_zone: str, day: date) -> list[str]:
        database = region_database(time_zone=time_zone)
        one = timedelta(days=1)
        start = day_bounds(day - one, ZoneInfo(time_zone))[0]
        end = day_bounds(day + one, ZoneInfo(time_zone))[1]
        database.execute(
            "INSERT INTO study_native (study_ref, received_at, modality)"
            " SELECT t, t, 'MG' FROM generate_series(%s, %s - interval '1 us', '30 min') AS t",
            [start, end],
        )
        region = make_region(database)
        collect(region, end + one)
        return differences(expected_rollups(database), kept_rollups(region))

    return plant_and_collect


def test_it_tries_every_kind_of_day() -> None:
    assert Counter(n for _zone, _day, n in CASES) == {24: 3, 23: 4, 25: 4}


@pytest.mark.parametrize(("zone", "day", "n_hours"), CASES)
def test_it_puts_each_row_in_its_hour_and_day(
    collect_days: Callable[[str, date], list[str]], zone: str, day: date, n_hours: int
) -> None:
    wrong = collect_days(zone, day)

    hours = HourlyRollup.objects.filter(day=day).order_by("hour")
    daily = DailyRollup.objects.get(day=day)
    assert wrong == []
    assert [row.hour for row in hours] == day_hours(day, ZoneInfo(zone))
    assert {row.n_received for row in hours} == {2}
    assert hours.aggregate(n=Sum("n_received"))["n"] == daily.n_received == 2 * n_hours
    assert DailyCategory.objects.get(day=day, attribute="modality").n == 2 * n_hours
