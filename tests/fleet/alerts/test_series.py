"""A number over time: silence is nothing, what is not known is a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.models import Finding
from fleet.alerts.series.hours import hourly
from tests.builders import NOW, make_alert, make_hourly, make_region, make_status

pytestmark = pytest.mark.django_db
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def test_it_tells_an_hour_without_studies_from_one_that_nobody_knows():
    tver = make_region()
    make_status(tver, last_success_at=NOW - HOUR)
    for week in range(1, 4):
        make_hourly(tver, NOW - week * WEEK, n_received=10 * week)
    make_hourly(tver, NOW - 4 * HOUR, n_received=7)
    make_alert(tver, "region_silent")

    series = hourly(Finding.objects.get(), NOW)

    assert series is not None
    assert series.values[-5:] == (7, 0, 0, 0, None)
    assert (series.low[-1], series.high[-1]) == (10, 30)


def test_it_has_no_hours_for_what_days_tell_better():
    make_alert(make_region(), "volume_shift")

    assert hourly(Finding.objects.get(), NOW) is None
