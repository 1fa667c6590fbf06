"""The axis of a local day says what the collections proved."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import clear
from fleet.review.alert_marks import alert_marks
from fleet.review.day import review
from fleet.review.figures import Figures
from fleet.review.standing import run_lines, runs_of
from fleet.review.timeline import Timeline, timeline, version_changes
from regions.localday import day_bounds
from regions.models import Collection, FailureKind, HourlyFlow, Region
from tests.builders import NOW, TODAY, make_alert, make_path, make_region, make_status
from tests.rig.region_rows import collect_every, fill_days

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def region():
    region = make_region()
    make_path(region)
    make_status(region)
    return region


def axis(day: date = TODAY, now=NOW) -> Timeline:
    (row,) = review(day, now, Region.objects.all()).rows
    changes = version_changes(row.region.pk, row.starts_at, row.ends_at)
    happened = alert_marks(row.region.pk, row.starts_at, row.ends_at)
    return timeline(row, runs_of(row), changes, happened, now, Figures.of_active_language())


def begins(region: Region):
    return day_bounds(TODAY, region.zone)[0]


def test_it_shows_when_the_link_was_closed(region):
    collect_every(region, begins(region), NOW, 5 * MINUTE, failing=range(12, 24))

    assert [(span.state, span.text) for span in axis().link] == [
        ("open", "Link open from 00:00 to 01:00."),
        ("closed", "Link closed from 01:00 to 02:00."),
        ("open", "Link open from 02:00 to 13:00."),
    ]


def test_it_knows_nothing_while_nobody_collected(region):
    collect_every(region, begins(region), begins(region) + HOUR, 5 * MINUTE)

    assert axis().link[-1].text == "Link unknown from 01:10 to 13:00."
    assert "Link unknown from 01:10 to 13:00." in axis().sentences


def test_it_takes_an_error_of_the_region_for_an_open_link(region):
    collect_every(region, begins(region), NOW, 5 * MINUTE, failing=range(12))
    Collection.objects.update(failure=FailureKind.REGION_ERROR)

    assert {span.state for span in axis().link} == {"open"}


def test_it_shows_up_to_when_data_are_known(region):
    region.status.last_success_at = NOW - 3 * HOUR
    region.status.save()

    assert [span.text for span in axis().known] == [
        "Data are known from 00:00 to 10:00.",
        "Data are missing from 10:00 to 13:00.",
    ]


def test_it_joins_collections_that_stand_on_each_other(region):
    collect_every(region, begins(region), NOW, MINUTE, failing=range(3, 4))

    marks = axis().collections

    assert len(marks) == 13 * 10
    assert (marks[0].state, marks[1].state) == ("failed", "succeeded")
    assert marks[0].text == "00:00: 6 collections, failed: 1"


def test_it_marks_the_first_hour_of_a_new_version(region):
    fill_days(region, TODAY, NOW, n_days=3)

    assert {mark.text for mark in axis().versions} == {
        "New version from 00:00: mammo 4.2.",
        "New version from 00:00: mammo-cls 4.2.",
    }


def test_it_marks_no_version_that_was_the_first(region):
    fill_days(region, TODAY, NOW, n_days=1)

    assert HourlyFlow.objects.exists()
    assert axis().versions == ()
    assert "No new version of a pipeline or model." in axis().sentences


@pytest.mark.parametrize(("day", "n"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_its_hours_fit_a_day_on_which_clocks_change(region, day, n):
    Region.objects.update(time_zone="Europe/Berlin")

    ticks = axis(day, NOW + timedelta(days=300)).ticks

    assert len(ticks) == n
    assert ticks[1].x == f"{100 / n:.2f}%"


def test_the_collections_that_failed_alike_are_one_line(region):
    collect_every(region, begins(region), NOW, 5 * MINUTE, failing=range(12, 24))
    (row,) = review(TODAY, NOW, Region.objects.all()).rows

    lines = run_lines(row, runs_of(row), Figures.of_active_language())

    failed = [line for line in lines if line.is_failed]
    assert len(lines) == 21
    assert [(line.started, line.outcome) for line in failed] == [
        ("01:00:00 – 01:55:00", "link, ×12")
    ]


def test_it_marks_when_alerts_began_and_ended(region):
    alert = make_alert(region, "link_lost", NOW - 3 * HOUR)
    clear(region, Family.LINK, TODAY, NOW - HOUR)

    assert [(mark.state, mark.text) for mark in axis().alerts] == [
        ("began", f"Alert #{alert.pk} began at 10:00: The region cannot be reached."),
        ("ended", f"Alert #{alert.pk} ended at 12:00: The region cannot be reached."),
    ]
