"""The hours of a local day are those of the rollups, whatever the length of the day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from fleet.review.day import review
from fleet.review.dayhours import hours_of
from fleet.review.figures import Figures
from fleet.review.hour_charts import hour_charts
from regions.localday import day_bounds, day_hours
from regions.models import CalendarException, HourlyRollup, Region
from tests.builders import NOW, TODAY, make_daily, make_hourly, make_region, make_status
from tests.rig.region_rows import fill_days, studies_of

pytestmark = pytest.mark.django_db
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
VIEWS = frozenset({"study", "processing", "prediction"})


def shown(day: date = TODAY, now: datetime = NOW):
    (row,) = review(day, now, Region.objects.all()).rows
    return hours_of(row, day)


def test_its_table_equals_the_rollups():
    region = make_region()
    fill_days(region, TODAY, NOW)

    volume = next(iter(hour_charts(shown(), Figures.of_active_language(), VIEWS)))

    rows = HourlyRollup.objects.filter(day=TODAY).order_by("hour")
    received = [row[1] for row in volume.tables[0].rows]
    assert received[: len(rows)] == [str(row.n_received) for row in rows]
    assert set(received[len(rows) :]) == {"—"}


def test_it_says_how_many_are_usual():
    region = make_region()
    fill_days(region, TODAY, NOW, n_days=35)

    hours = shown()

    assert len(hours.usual_days) == 4
    assert {hour.usual.n_days for hour in hours.hours} == {4}
    assert all(hour.usual.median == studies_of(hour.starts_at, region) for hour in hours.hours)


def test_it_leaves_days_out_that_are_not_wholly_known():
    region = make_region()
    make_status(region, last_success_at=NOW - 2 * WEEK)
    for n in range(5):
        then = TODAY - n * WEEK
        make_daily(region, then)
        make_hourly(region, day_bounds(then, region.zone)[0], then)

    assert shown().usual_days == (TODAY - 4 * WEEK, TODAY - 3 * WEEK)


def test_it_leaves_holidays_out_of_what_is_usual():
    region = make_region()
    fill_days(region, TODAY, NOW, n_days=35)
    day = TODAY - 2 * WEEK
    CalendarException.objects.create(region=region, day=day, is_off=True, reason="Flood")

    assert day not in shown().usual_days
    assert len(shown().usual_days) == 3


def test_it_has_no_band_of_two_days():
    region = make_region()
    fill_days(region, TODAY, NOW, n_days=15)

    assert {hour.usual for hour in shown().hours} == {None}


def test_it_knows_nothing_of_hours_that_were_not_collected():
    region = make_region()
    make_status(region, last_success_at=NOW - 3 * HOUR)
    make_daily(region, TODAY - WEEK)
    make_daily(region)
    first = day_bounds(TODAY, region.zone)[0]
    make_hourly(region, first, n_received=7)

    known = [hour.numbers and hour.numbers.n_received for hour in shown().hours]

    assert known == [7] + [0] * 9 + [None] * 14


def test_it_says_that_old_hours_are_gone():
    region = make_region()
    make_status(region)
    make_daily(region)

    assert shown() is None


@pytest.mark.parametrize(
    ("day", "n_hours", "twice"), [(date(2026, 3, 29), 23, []), (date(2026, 10, 25), 25, ["02:00"])]
)
def test_it_has_every_hour_of_a_day_on_which_clocks_change(day, n_hours, twice):
    region = make_region(time_zone="Europe/Berlin")
    now = day_bounds(day, region.zone)[1] + HOUR
    fill_days(region, day, now, n_days=30)

    hours = shown(day, now).hours

    labels = [hour.label for hour in hours]
    assert [hour.starts_at for hour in hours] == day_hours(day, region.zone)
    assert len(set(labels)) == len(labels) == n_hours
    assert [label for label in labels if " " in label] == [
        f"{time} {zone}" for time in twice for zone in ("CEST", "CET")
    ]


def test_its_answers_add_up_to_those_expected():
    region = make_region()
    fill_days(region, TODAY, NOW)
    charts = {
        chart.key: chart for chart in hour_charts(shown(), Figures.of_active_language(), VIEWS)
    }

    sums = [sum(map(int, row[1:])) for row in charts["outcomes"].tables[0].rows if row[1] != "—"]

    rows = HourlyRollup.objects.filter(day=TODAY).order_by("hour")
    assert sums == [row.n_expected for row in rows]


def test_it_shows_percentiles_as_they_were_collected():
    region = make_region()
    fill_days(region, TODAY, NOW)
    charts = {
        chart.key: chart for chart in hour_charts(shown(), Figures.of_active_language(), VIEWS)
    }

    row = HourlyRollup.objects.filter(day=TODAY).earliest("hour")
    assert charts["latency"].plot["data"][1]["y"][0] == row.latency_p95_s
    assert charts["wait"].plot["data"][1]["y"][0] == row.wait_p95_s
    assert charts["wait"].plot["data"][1]["y"][-1] is None
