"""The book of quality: what became of the alerts of each kind."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import acknowledge, clear, resolve
from fleet.alerts.models import Alert
from fleet.alerts.quality import quality
from tests.builders import NOW, TODAY, make_alert, make_person, make_region, make_silence

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UTC = ZoneInfo("UTC")


def book(now=NOW):
    return quality(Alert.objects.all(), UTC, NOW - 300 * DAY, now + 2 * DAY)


def test_it_counts_what_became_of_alerts():
    account = make_person()
    regions = [make_region(code) for code in ("tver", "omsk", "perm")]
    taken, false, alone = (
        make_alert(one, "link_lost", NOW + n * HOUR) for n, one in enumerate(regions)
    )
    acknowledge(taken.pk, account, NOW)
    resolve(false.pk, account, "nothing", NOW, is_false_alarm=True)
    make_silence(regions[2], begins_at=NOW)
    clear(regions[2], Family.LINK, TODAY, NOW + 4 * HOUR)

    (one,) = book()

    assert (one.month, one.kind) == (date(2026, 3, 1), "link_lost")
    assert (one.n_opened, one.n_acted_on, one.n_silenced, one.n_by_themselves) == (3, 2, 1, 1)
    assert (one.n_false, one.false_share) == (1, 0.5)
    assert alone.pk


def test_it_counts_an_alert_in_the_month_in_which_it_first_opened():
    tver = make_region()
    make_alert(tver, at=NOW - 40 * DAY)
    make_alert(tver, "volume_shift")

    found = [(one.month.month, one.kind) for one in book()]
    assert found == [(3, "volume_shift"), (1, "errors_up")]


def test_it_leaves_out_what_another_alert_explains():
    for n in range(4):
        make_alert(make_region(f"r{n}"), at=NOW)

    (one,) = book()

    assert one.n_opened == 1


def test_it_knows_no_share_of_what_nobody_acted_on():
    make_alert(make_region())

    assert book()[0].false_share is None
